using System.Text.Json.Nodes;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class RefineCommandTests : IDisposable
{
    private const string Started = "started {\"id\":\"rfn_1\"}";

    private const string Votes = """[{"attempt":0,"value":0.0,"votes":[{"verdict":"no"},{"verdict":"no"}]}]""";

    private const string Tree =
        $$$"""
        {"id":"rfn_1","best":{"subject":"r.0","text":"a good answer","value":0.8},"tree":{"instruction_id":"i","messages":[],
        "answers":[{"subject":"a0","judgements":{{{Votes}}}}],"nodes":[
        {"path":"r","parent":null,"order":0,"outcome":"judged","value":0.0,"text":"a poor answer","judged_as":"a0",
        "chosen":false,"judgements":[]},
        {"path":"r.0","parent":"r","order":1,"outcome":"judged","value":0.8,"text":"a good answer","judged_as":"r.0",
        "chosen":true,"judgements":[]}]}}
        """;

    private readonly TestTerminal _terminal = new();
    private readonly CannedService _service = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
    }

    [Fact]
    public async Task What_happens_is_told_and_the_tree_is_drawn()
    {
        Answer(
            Started, """loading {"id":"rfn_1"}""",
            $$$"""answer {"subject":"a0","text":"a poor answer","judgements":{{{Votes}}}}""",
            "end " + Tree.ReplaceLineEndings(""));

        await RunAsync(json: false);

        _service.Asked.ShouldHaveSingleItem().Body.ShouldBe("""{"model":"mdl_1","prompt":"p"}""");
        _terminal.Err.ShouldContain("a0");
        _terminal.Err.ShouldContain("NN");
        _terminal.Out.ShouldContain("+good");
        _terminal.Out.ShouldContain("chosen");
    }

    [Fact]
    public async Task With_json_the_refinement_is_printed()
    {
        Answer(Started, "end " + Tree.ReplaceLineEndings(""));

        await RunAsync(json: true);

        JsonNode.Parse(_terminal.Out)!["best"]!["text"]!.GetValue<string>().ShouldBe("a good answer");
    }

    [Theory]
    [InlineData("""error {"code":"worker-lost","detail":"It died."}""", "worker-lost")]
    [InlineData("", "connection")]
    public async Task A_refinement_that_does_not_end_well_is_an_error(string last, string expected)
    {
        Answer(Started, last);
        (await Should.ThrowAsync<CommandException>(RunAsync(json: false))).Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("null", null, null, "null")]
    [InlineData("\"reference\"", "dfs", 7, """{"base":"reference","refine":{"strategy":"dfs","budget":7}}""")]
    [InlineData("""{"refine":{"depth":2},"sample":{"n":1}}""", null, 7, """{"refine":{"depth":2,"budget":7},"sample":{"n":1}}""")]
    public void Options_of_the_command_line_are_part_of_the_recipe(string recipe, string? strategy, int? budget, string expected) =>
        (RefineCommand.Recipe(JsonNode.Parse(recipe), strategy, budget)?.ToJsonString() ?? "null").ShouldBe(expected);

    /// <param name="events">Each a type and its data.</param>
    private void Answer(params string[] events) => _service.On(
        "POST /v1/refinements",
        string.Concat(events.Select(e => e.Split(' ', 2)).Where(e => e.Length == 2).Select(e => $"event: {e[0]}\ndata: {e[1]}\n\n")),
        type: "text/event-stream");

    private Task RunAsync(bool json) => RefineCommand.RunAsync(
        new(_service.Client, _terminal.Terminal, json, TimeProvider.System), new() { Model = "mdl_1", Prompt = "p" },
        CancellationToken.None);
}
