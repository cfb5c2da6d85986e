using System.Text.Json;
using SPaR.Cli.Commands;
using SPaR.Cli.Demo;
using SPaR.MicroWorld;

namespace SPaR.Tests.Cli;

public sealed class DemoJobTests : IDisposable
{
    private const string Prompt = "write about forest ; include mirror ; avoid fox ;";

    private readonly TestTerminal _terminal = new();
    private readonly string _models = Directory.CreateTempSubdirectory("spar-demo-").FullName;
    private readonly CannedService _service = new CannedService()
        .On("POST /v1/models", """{ "id": "mdl_1", "name": "micro", "path": "micro.gguf" }""")
        .On("POST /v1/instruction-sets?name=micro-world%2C%20seed%205", """{ "id": "set_1", "name": "x", "count": 3 }""")
        .On("POST /v1/runs", Canned.Run("queued", 0, 0, 3))
        .On("GET /v1/runs/run_1", Canned.Run("running", 1, 0, 2))
        .On("GET /v1/runs/run_1/preferences?format=spar",
            Canned.Preference(Prompt, "the wolf met the mirror .", "the fox met the owl .") + "\n")
        .On("GET /v1/runs/run_1/trees?limit=200", Canned.Trees)
        .On("GET /v1/runs/run_1/trees/ins_1", Canned.Tree);

    private string _ends = "succeeded";

    [Fact]
    public async Task The_demo_registers_submits_runs_and_reports()
    {
        var outcome = await RunAsync(CancellationToken.None);

        File.ReadAllBytes(Path.Combine(_models, "micro.gguf")).ShouldBe(File.ReadAllBytes(MicroModel.Path));
        var sent = _service.Asked.Where(asked => asked.Body.Length > 0)
            .ToDictionary(asked => asked.Request.Split('?')[0], asked => asked.Body);
        sent["POST /v1/instruction-sets"].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("prompt").GetString())
            .ShouldBe(new InstructionGenerator(new Dice(5)).Take(3).Select(i => i.Text));
        var run = JsonDocument.Parse(sent["POST /v1/runs"]).RootElement;
        run.GetProperty("recipe").GetProperty("judge").GetProperty("max_tokens").GetInt32().ShouldBe(26);
        run.GetProperty("seed").GetInt64().ShouldBe(5);
        outcome.Report.Verified.ShouldBe(new Verified(1, 0));
        outcome.Tree!.InstructionId.ShouldBe("ins_1");
        _terminal.Err.ShouldContain("succeeded: 2 paired, 1 already-good; 2 pairs, similarity 0.875, 5,600 tokens generated");
        _terminal.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_that_failed_says_so()
    {
        _ends = "failed";

        (await Should.ThrowAsync<CommandException>(() => RunAsync(CancellationToken.None)))
            .Message.ShouldStartWith("The run run_1 failed.");
    }

    [Fact]
    public async Task An_interrupted_demo_cancels_its_run()
    {
        using var stop = new CancellationTokenSource();
        _service.On("POST /v1/runs/run_1/cancel", Canned.Run("cancelling"));
        _service.Answering = request =>
        {
            if (request == "GET /v1/runs/run_1")
                stop.Cancel();
        };

        await Should.ThrowAsync<OperationCanceledException>(() => RunAsync(stop.Token));

        _service.Asked[^1].Request.ShouldBe("POST /v1/runs/run_1/cancel");
    }

    [Fact]
    public async Task The_page_shows_figures_tree_and_where_to_look_next()
    {
        var outcome = await RunAsync(CancellationToken.None);

        _terminal.Terminal.Out.Write(DemoPage.Draw(outcome, new("http://127.0.0.1:8765"), running: true));

        var page = _terminal.Out;
        page.ShouldMatch(@"rejected answers that truly satisfy every constraint\s+│\s+0\.000");
        page.ShouldMatch(@"tokens generated\s+│\s+5,600");
        page.ShouldContain(Prompt);
        page.ShouldContain("0.2 NY?  the fox met the owl .");
        page.ShouldContain("── 0.0 N  the fox met the -owl +mirror .");
        page.ShouldContain("── 0.0 N  the fox met the -owl +mirror . (seen before)");
        page.ShouldContain("── 1.0 Y  the -fox +wolf met the mirror . chosen");
        page.ShouldNotContain("dropped");
        page.ShouldContain("http://127.0.0.1:8765/v1/runs/run_1/trees/ins_1");
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
        Directory.Delete(_models, recursive: true);
    }

    private Task<DemoOutcome> RunAsync(CancellationToken stop)
    {
        _service.On("GET /v1/runs/run_1", Canned.Run(_ends));
        return new DemoJob(_service.Client, _models, _terminal.Terminal, TimeProvider.System)
            .RunAsync(new(Json: false, Keep: false, Seed: 5, Instructions: 3), stop);
    }
}
