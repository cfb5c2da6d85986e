using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class TreeCommandTests : IDisposable
{
    private const string Judged = """[{ "attempt": 0, "votes": [{ "verdict": "no" }, { "verdict": "no" }], "value": 0 }]""";

    private readonly TestTerminal _terminal = new();
    private readonly CannedService _service = new();

    [Fact]
    public async Task Trees_of_a_round_are_listed()
    {
        _service.On(
            "GET /v1/runs/run_1/trees?limit=200&round=2",
            """
            { "data": [ { "instruction_id": "ins_1", "ordinal": 4, "state": "paired", "detail": null, "nodes": 3, "best_value": 0.8 } ],
              "has_more": false, "after": null }
            """);

        await TreeCommand.ListAsync(Session(), "run_1", 2, CancellationToken.None);

        _terminal.Out.Split('\n')[1].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ShouldBe(["ins_1", "4", "paired", "3", "0.8"]);
    }

    [Fact]
    public async Task A_tree_is_drawn_with_votes_and_changes()
    {
        _service.On(
            "GET /v1/runs/run_1/trees/ins_1?round=1",
            $$"""
            { "instruction_id": "ins_1", "messages": [], "answers": [ { "subject": "a0", "text": "ho there", "judgements": {{Judged}} } ],
              "nodes": [
                { "path": "r", "parent": null, "order": 0, "outcome": "judged", "value": 0, "text": "ho there", "judged_as": "a0",
                  "chosen": false, "judgements": [] },
                { "path": "r.0", "parent": "r", "order": 1, "outcome": "judged", "value": 1, "text": "hi there", "judged_as": "r.0",
                  "chosen": true, "judgements": [{ "attempt": 0, "votes": [{ "verdict": "yes" }, { "verdict": "yes" }], "value": 1 }] }
              ] }
            """);

        await TreeCommand.DrawAsync(Session(), "run_1", "ins_1", 1, CancellationToken.None);

        _terminal.Out.ShouldContain("0.0 NN  ho there");
        _terminal.Out.ShouldContain("1.0 YY  -ho +hi there chosen");
    }

    [Fact]
    public async Task An_instruction_without_a_tree_says_so()
    {
        _service.On(
            "GET /v1/runs/run_1/trees/ins_2?round=1",
            """{ "instruction_id": "ins_2", "messages": [], "answers": [], "nodes": [] }""");

        await TreeCommand.DrawAsync(Session(), "run_1", "ins_2", 1, CancellationToken.None);

        _terminal.Out.ShouldContain("no tree");
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
    }

    private Session Session() => new(_service.Client, _terminal.Terminal, Json: false, TimeProvider.System);
}
