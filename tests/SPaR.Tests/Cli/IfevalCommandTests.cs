using System.Text.Json.Nodes;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class IfevalCommandTests : IDisposable
{
    private const string Prompts = """
        {"key": 1, "prompt": "No commas.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
        {"key": "b", "prompt": "A title.", "instruction_id_list": ["detectable_format:title", "punctuation:no_comma"], "kwargs": [{}, {}]}
        """;

    private const string Responses = """
        {"key": 1, "response": "Sure, here:\nnone"}
        {"prompt": "A title.", "response": "<<One, two>>"}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("spar-ifeval-").FullName;
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _terminal.Dispose();
    }

    [Fact]
    public void The_four_numbers_and_the_counts_are_one_json_object()
    {
        Run(Responses, json: true);

        var json = JsonNode.Parse(_terminal.Out)!;
        json["prompt_level_strict_acc"]!.GetValue<double>().ShouldBe(0);
        json["prompt_level_loose_acc"]!.GetValue<double>().ShouldBe(0.5);
        json["inst_level_strict_acc"]!.GetValue<double>().ShouldBe(1.0 / 3);
        json["inst_level_loose_acc_stderr"]!.GetValue<double>().ShouldBeGreaterThan(0);
        json["types"]!["punctuation:no_comma"]!.ToJsonString().ShouldBe("""{"total":2,"strict":0,"loose":1}""");
        json["families"]!["detectable_format"]!["strict"]!.GetValue<int>().ShouldBe(1);
        (json["prompts"]!.GetValue<int>(), json["instructions"]!.GetValue<int>(), json["missing"]!.GetValue<int>()).ShouldBe((2, 3, 0));
    }

    [Fact]
    public void Without_json_the_same_is_a_table()
    {
        Run(Responses);

        _terminal.Out.ShouldContain("prompt_level_loose_acc");
        _terminal.Out.ShouldContain("0.5000");
        _terminal.Out.ShouldContain("no_comma");
    }

    [Fact]
    public void Verdicts_are_one_line_per_prompt_and_scoring_twice_writes_the_same()
    {
        var verdicts = Path.Combine(_folder, "verdicts.jsonl");
        Run(Responses, verdicts: verdicts);
        var first = File.ReadAllBytes(verdicts);
        Run(Responses, verdicts: verdicts);

        File.ReadAllText(verdicts).ShouldBe(
            "{\"key\":1,\"strict\":[false],\"loose\":[true]}\n{\"key\":\"b\",\"strict\":[true,false],\"loose\":[true,false]}\n");
        File.ReadAllBytes(verdicts).ShouldBe(first);
        Directory.GetFiles(_folder, "*.part").ShouldBeEmpty();
    }

    [Fact]
    public void Prompts_without_a_response_are_left_out_by_key_or_refused_with_require_all()
    {
        var one = Responses.Split('\n')[0];

        Run(one, json: true);

        JsonNode.Parse(_terminal.Out)!["missing"]!.GetValue<int>().ShouldBe(1);
        _terminal.Err.ShouldStartWith("1 of 2 prompts have no response, with the keys b:");
        Should.Throw<CommandException>(() => Run(one, requireAll: true)).Message.ShouldStartWith(
            "1 of 2 prompts have no response, with the keys b. Add them to ");
        Should.Throw<CommandException>(() => Run("")).Message.ShouldStartWith("2 of 2 prompts have no response, with the keys 1, b.");
    }

    [Fact]
    public void Every_error_in_a_file_is_named_and_nothing_is_written()
    {
        var verdicts = Path.Combine(_folder, "verdicts.jsonl");

        Should.Throw<CommandException>(() => Run(Responses + "\n{\"key\": 9, \"response\": \"x\"}\n{", verdicts: verdicts, json: true))
            .Message.ShouldContain("responses.jsonl has 2 errors");
        _terminal.Err.ShouldContain("responses.jsonl, line 3, key: No prompt has the key 9.");
        _terminal.Err.ShouldContain("responses.jsonl, line 4: Not JSON");
        _terminal.Out.ShouldBeEmpty();
        File.Exists(verdicts).ShouldBeFalse();
    }

    [Fact]
    public void A_text_that_is_not_unicode_is_named()
    {
        Should.Throw<CommandException>(() => Run("""{"key": 1, "response": "\ud800"}"""));

        _terminal.Err.ShouldContain("line 1, response: Contains half a surrogate pair");
    }

    [Fact]
    public void An_unknown_field_of_a_prompt_is_refused_unless_it_is_to_be_ignored()
    {
        var prompts = Prompts.Replace("\"key\": 1", "\"source\": \"x\", \"key\": 1", StringComparison.Ordinal);

        Should.Throw<CommandException>(() => Run(Responses, prompts: prompts)).Message.ShouldContain("prompts.jsonl has 1 error");
        _terminal.Err.ShouldContain("line 1, source: Unknown.");
        Run(Responses, prompts: prompts, ignoreUnknown: true);
    }

    [Fact]
    public void A_file_that_is_not_utf_8_is_named()
    {
        File.WriteAllText(Path.Combine(_folder, "utf16.jsonl"), Prompts, System.Text.Encoding.Unicode);

        Should.Throw<CommandException>(() => IfevalCommand.Run(
            new(Path.Combine(_folder, "utf16.jsonl"), "x", RequireAll: false, Verdicts: null, Json: false), _terminal.Terminal, default))
            .Message.ShouldContain("utf16.jsonl is not UTF-8");
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Should.Throw<CommandException>(() => IfevalCommand.Run(
            new(Path.Combine(_folder, "no.jsonl"), "x", RequireAll: false, Verdicts: null, Json: false), _terminal.Terminal, default))
            .Message.ShouldContain("no.jsonl");

    private void Run(
        string responses, bool json = false, bool requireAll = false, string? verdicts = null, string prompts = Prompts,
        bool ignoreUnknown = false)
    {
        var (questions, answers) = (Path.Combine(_folder, "prompts.jsonl"), Path.Combine(_folder, "responses.jsonl"));
        File.WriteAllText(questions, prompts);
        File.WriteAllText(answers, responses);
        IfevalCommand.Run(new(questions, answers, requireAll, verdicts, json, ignoreUnknown), _terminal.Terminal, default);
    }
}
