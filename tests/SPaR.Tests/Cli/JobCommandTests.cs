using System.Net;
using System.Text.Json.Nodes;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class JobCommandTests : IDisposable
{
    private const string Failed = """
        { "data": [ { "kind": "run", "key": "run_1", "title": "first", "stage": "round 2, self-play", "attempts": 3,
                      "code": "process-died", "error": "Killed.", "failed_at": "2026-01-01T00:00:00Z" } ], "has_more": false }
        """;

    private readonly TestTerminal _terminal = new();
    private readonly CannedService _service = new CannedService().On("GET /v1/jobs/failed?limit=200", Failed);

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
    }

    [Fact]
    public async Task The_jobs_that_were_given_up_are_listed()
    {
        await JobCommands.ListAsync(Session(json: false), CancellationToken.None);

        _terminal.Out.Split('\n')[1].ShouldStartWith("run_1");
        _terminal.Out.ShouldContain("process-died");
    }

    [Fact]
    public async Task One_is_shown_with_its_error_and_another_is_not_there()
    {
        await JobCommands.ShowAsync(Session(json: true), "run_1", CancellationToken.None);

        JsonNode.Parse(_terminal.Out)!["error"]!.GetValue<string>().ShouldBe("Killed.");
        (await Should.ThrowAsync<CommandException>(() => JobCommands.ShowAsync(Session(json: false), "trn_1", CancellationToken.None)))
            .Message.ShouldContain("trn_1");
    }

    [Fact]
    public async Task What_a_job_was_for_is_retried()
    {
        _service.On("POST /v1/runs/run_1/retry", """{ "id": "run_1", "status": "queued" }""");

        await JobCommands.RetryAsync(Session(json: false), "run_1", CancellationToken.None);

        _terminal.Err.ShouldContain("run_1 is queued");
        foreach (var key in new[] { "mdl_1", "nothing" })
            await Should.ThrowAsync<CommandException>(() => JobCommands.RetryAsync(Session(json: false), key, CancellationToken.None));
    }

    [Fact]
    public async Task Ids_are_completed_with_those_that_the_service_lists()
    {
        _service.On("GET /v1/runs?limit=50", """{ "data": [ { "id": "run_2" }, { "id": "run_1" } ], "has_more": true, "after": "x" }""")
            .On("GET /v1/runs?limit=50&after=x", """{ "data": [], "has_more": false }""");

        (await IdCompletion.IdsAsync(_service.Client, Resource.Runs, CancellationToken.None)).Select(item => item.Label)
            .ShouldBe(["run_2", "run_1"]);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, CommandEnd.KeyRefused)]
    [InlineData(HttpStatusCode.Forbidden, CommandEnd.KeyRefused)]
    [InlineData(HttpStatusCode.NotFound, CommandEnd.Failure)]
    public async Task A_refused_key_has_an_exit_code_of_its_own(HttpStatusCode status, int code)
    {
        _service.On("GET /v1/runs/run_9", """{ "code": "refused" }""", status, "application/problem+json");

        (await CommandEnd.OfAsync(_terminal.Terminal, () => _service.Client.GetRunAsync("run_9"), CancellationToken.None)).ShouldBe(code);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_or_dies_meanwhile_has_an_exit_code_of_its_own()
    {
        foreach (var lost in new Exception[] { new HttpRequestException("refused"), new HttpIOException(HttpRequestError.ResponseEnded) })
            (await CommandEnd.OfAsync(_terminal.Terminal, () => throw lost, CancellationToken.None)).ShouldBe(CommandEnd.Unreachable);
    }

    [Theory]
    [InlineData(null, "0 %", false)]
    [InlineData(0.5, " 50 % step 1 of 2", true)]
    [InlineData(1.0, "██████████████████████████████", true)]
    public void A_bar_says_how_much_is_done(double? share, string expected, bool shown)
    {
        _terminal.Terminal.Out.Write(ProgressLine.Draw(share, "step 1 of 2"));

        _terminal.Out.Contains(expected, StringComparison.Ordinal).ShouldBe(shown);
    }

    private Session Session(bool json) => new(_service.Client, _terminal.Terminal, json, TimeProvider.System);
}
