using System.CommandLine;
using SPaR.Cli.Commands;
using SPaR.Client;

namespace SPaR.Tests.Cli;

public sealed class RunCommandTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar-run-");
    private readonly CannedService _service = new CannedService()
        .On("POST /v1/models", """{ "id": "mdl_1", "name": "m", "path": "m.gguf" }""")
        .On("POST /v1/instruction-sets?name=in.jsonl", """{ "id": "set_1", "name": "in.jsonl", "count": 3 }""")
        .On("POST /v1/runs", Canned.Run("queued", 0, 0, 3))
        .On("GET /v1/runs/run_1", Canned.Run("succeeded"))
        .On("GET /v1/runs/run_1/preferences?format=openai", "{\"input\":1}\n");

    [Fact]
    public async Task A_file_of_instructions_becomes_a_file_of_pairs()
    {
        await RunAsync("m.gguf", "mdl_2", "reference");

        File.ReadAllText(Path.Combine(_folder.FullName, "out.jsonl")).ShouldBe("{\"input\":1}\n");
        _folder.GetFiles().Length.ShouldBe(2);
        _service.Asked.ShouldContain((
            "POST /v1/runs", """{"instruction_set":"set_1","actor":"mdl_1","refiner":"mdl_2","recipe":"reference"}"""));
        _terminal.Err.ShouldContain("2 pairs in ");
    }

    [Fact]
    public async Task A_preview_and_a_target_are_sent_with_the_run()
    {
        await RunAsync("mdl_1", null, null, o => o with { Preview = 10, Target = new() { Pairs = 50, Tokens = 9 } });

        _service.Asked.ShouldContain((
            "POST /v1/runs", """{"instruction_set":"set_1","actor":"mdl_1","preview":10,"target":{"pairs":50,"tokens":9}}"""));
    }

    [Fact]
    public async Task An_estimate_starts_nothing()
    {
        _service.On("POST /v1/runs/estimate", """{ "instructions": 3, "expected": null }""");

        await RunAsync("mdl_1", null, null, o => o with { Estimate = true });

        _service.Asked.Select(asked => asked.Item1).ShouldNotContain("POST /v1/runs");
        _terminal.Out.ShouldContain("instructions");
        _terminal.Err.ShouldContain("set_1");
    }

    [Theory]
    [InlineData("--pairs 5 --max-seconds 60 --max-tokens 700", 5, 60, 700)]
    [InlineData("--max-seconds 60", null, 60, null)]
    public void A_target_is_read_from_the_command_line(string words, int? pairs, int? seconds, int? tokens)
    {
        var target = new TargetArguments();
        var command = new Command("run");
        foreach (var option in target.Options)
            command.Add(option);

        target.Of(command.Parse(words)).ShouldBe(new RunTarget { Pairs = pairs, Seconds = seconds, Tokens = tokens });
        target.Of(command.Parse("")).ShouldBeNull();
    }

    [Fact]
    public async Task An_export_leaves_out_filtered_pairs_where_it_is_asked_to()
    {
        _service.On("GET /v1/runs/run_1/preferences?format=openai&filter=true", "{\"input\":2}\n");
        var output = new FileInfo(Path.Combine(_folder.FullName, "filtered.jsonl"));

        await ExportCommand.WriteAsync(
            new(_service.Client, _terminal.Terminal, Json: false, TimeProvider.System), "run_1", "openai", output, CancellationToken.None,
            filter: true);

        File.ReadAllText(output.FullName).ShouldBe("{\"input\":2}\n");
    }

    [Fact]
    public async Task A_recipe_may_be_a_file()
    {
        await RunAsync("mdl_1", null, Write("recipe.json", """{ "sample": { "n": 3 } }"""));

        _service.Asked.ShouldContain(("POST /v1/runs", """{"instruction_set":"set_1","actor":"mdl_1","recipe":{"sample":{"n":3}}}"""));
    }

    [Theory]
    [InlineData("null", "is null")]
    [InlineData("{ \"sample\": ", "is not JSON")]
    public async Task A_recipe_file_that_cannot_be_read_is_named(string content, string expected)
    {
        var recipe = Write("recipe.json", content);

        (await Should.ThrowAsync<CommandException>(() => RunAsync("mdl_1", null, recipe))).Message.ShouldStartWith($"{recipe} {expected}");
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
        _folder.Delete(recursive: true);
    }

    private Task RunAsync(string model, string? refiner, string? recipe, Func<RunOptions, RunOptions>? more = null)
    {
        var options = new RunOptions(
            new(Write("in.jsonl", "{\"prompt\":\"a\"}\n")), model, refiner, null, recipe, null,
            new(Path.Combine(_folder.FullName, "out.jsonl")), "openai");
        return RunCommand.RunAsync(
            new(_service.Client, _terminal.Terminal, Json: false, TimeProvider.System), more?.Invoke(options) ?? options,
            CancellationToken.None);
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }
}
