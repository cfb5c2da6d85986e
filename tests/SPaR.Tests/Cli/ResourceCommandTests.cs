using System.Net;
using System.Text.Json.Nodes;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class ResourceCommandTests : IDisposable
{
    private const string Page = """
        { "data": [ { "id": "run_N", "name": null, "status": "running", "round": 1, "round_count": 2, "stage": "self-play",
                      "pairs": { "count": 7 }, "created_at": "2026-01-01T00:00:00.5+00:00" } ], "has_more": MORE, "after": "run_N" }
        """;

    private readonly TestTerminal _terminal = new();
    private readonly CannedService _service = new();

    [Fact]
    public async Task A_list_goes_on_until_it_has_as_many_as_asked_for()
    {
        _service.On("GET /v1/runs?limit=2", Page.Replace("MORE", "true", StringComparison.Ordinal))
            .On("GET /v1/runs?limit=2&after=run_N", Page.Replace("MORE", "true", StringComparison.Ordinal));

        await ResourceCommands.ListAsync(Session(json: false), Resource.Runs, 2, CancellationToken.None);

        var lines = _terminal.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        lines.Length.ShouldBe(3);
        lines[1].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ShouldBe(["run_N", "running", "1", "2", "self-play", "7", "2026-01-01 00:00:00Z"]);
    }

    [Fact]
    public async Task As_json_a_list_is_what_the_service_says()
    {
        _service.On("GET /v1/runs?limit=200", Page.Replace("MORE", "false", StringComparison.Ordinal));

        await ResourceCommands.ListAsync(Session(json: true), Resource.Runs, 500, CancellationToken.None);

        JsonNode.Parse(_terminal.Out)![0]!["pairs"]!["count"]!.GetValue<int>().ShouldBe(7);
        _terminal.Err.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("run_1", false, "DELETE /v1/runs/run_1")]
    [InlineData("set_1", false, "DELETE /v1/instruction-sets/set_1")]
    [InlineData("mdl_1", true, "DELETE /v1/models/mdl_1?file=true")]
    public async Task An_id_says_what_is_deleted(string id, bool file, string request)
    {
        _service.On(request, "", HttpStatusCode.NoContent);

        await ResourceCommands.DeleteAsync(Session(json: false), id, file, CancellationToken.None);

        _terminal.Err.ShouldBe($"deleted {id}\n");
    }

    [Fact]
    public async Task An_id_of_nothing_is_refused_with_the_prefixes_there_are()
    {
        var refused = await Should.ThrowAsync<CommandException>(
            () => ResourceCommands.DeleteAsync(Session(json: false), "key_1", false, CancellationToken.None));

        refused.Message.ShouldContain("run_");
    }

    [Fact]
    public async Task The_status_names_what_is_not_done()
    {
        _service.On("GET /health/ready", """{ "status": "ready", "degraded": ["2 jobs were given up."] }""")
            .On("GET /v1/runs?limit=50", Page.Replace("MORE", "false", StringComparison.Ordinal))
            .On("GET /v1/training-runs?limit=50", """{ "data": [ { "id": "trn_1", "status": "failed" } ], "has_more": false }""")
            .On("GET /v1/evaluations?limit=50", """{ "data": [], "has_more": false }""")
            .On("GET /v1/conversions?limit=50", """{ "data": [], "has_more": false }""");

        await StatusCommand.RunAsync(Session(json: false), CancellationToken.None);

        _terminal.Out.ShouldContain("run_N");
        _terminal.Out.ShouldNotContain("trn_1");
        _terminal.Out.ShouldContain("2 jobs were given up.");
    }

    [Fact]
    public async Task An_evaluation_is_started_with_what_is_given_followed_and_drawn()
    {
        const string evaluation = """
            { "id": "evl_1", "status": "STATUS", "progress": { "total": 4, "done": 2, "too_long": 0, "failed": 0 },
              "remaining_seconds": 200,
              "activity": { "phase": "evaluate", "workers": 1, "in_flight": 2, "generated": 9, "tokens_per_second": 12.5 },
              "measures": { "accuracy": { "mean": 0.5, "low": 0.25, "high": 0.75, "count": 4 } } }
            """;
        _service.On("GET /v1/models?limit=200", """{ "data": [ { "id": "mdl_1", "name": "m", "path": "m.gguf" } ], "has_more": false }""")
            .On("POST /v1/evaluations", evaluation.Replace("STATUS", "queued", StringComparison.Ordinal))
            .On("GET /v1/evaluations/evl_1", evaluation.Replace("STATUS", "succeeded", StringComparison.Ordinal));

        await EvaluateCommand.RunAsync(
            Session(json: false), new() { Benchmark = "ifeval", Model = "m" }, CancellationToken.None);

        _service.Asked.ShouldContain(("POST /v1/evaluations", """{"benchmark":"ifeval","model":"mdl_1"}"""));
        _terminal.Err.ShouldContain("succeeded: 2 of 4 items, 12.5 tokens/s, 3 min left");
        _terminal.Out.ShouldContain("0.250 to 0.750");
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
    }

    private Session Session(bool json) => new(_service.Client, _terminal.Terminal, json, TimeProvider.System);
}
