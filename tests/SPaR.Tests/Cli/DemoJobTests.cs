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
    private readonly string _curves = Directory.CreateTempSubdirectory("spar-curves-").FullName;
    private readonly CannedService _service = new CannedService()
        .On("POST /v1/models", """{ "id": "mdl_1", "name": "micro", "path": "micro.gguf" }""")
        .On("POST /v1/instruction-sets?name=micro-world%2C%20seed%205", """{ "id": "set_1", "name": "x", "count": 6 }""")
        .On("POST /v1/runs", Canned.Run("queued", 0, 0, 3))
        .On("GET /v1/runs/run_1", Canned.Run("running", 1, 0, 2, Canned.At(1, "self-play", Started)))
        .On("GET /v1/runs/run_1", Canned.Run("running", 1, 0, 2, Canned.At(
            1, "train-actor", Started, Canned.Round(1, "train-actor", training: "trn_1"))))
        .On("GET /v1/runs/run_1", Canned.Run("running", 1, 0, 2, Canned.At(
            1, "train-refiner", Started, Canned.Round(1, "train-refiner", training: "trn_1", refinerTraining: "trn_2"))))
        .On("GET /v1/training-runs/trn_1", Canned.Training("trn_1", "running", 12))
        .On("GET /v1/training-runs/trn_2", Canned.Training("trn_2", "queued", 0, steps: null))
        .On("GET /v1/training-runs/trn_1/metrics?format=ndjson", Canned.Metrics)
        .On("GET /v1/runs/run_1/preferences?format=spar",
            Canned.Preference(Prompt, "the wolf met the mirror .", "the fox met the owl .") + "\n")
        .On("GET /v1/runs/run_1/trees?limit=200&round=1", Canned.Trees)
        .On("GET /v1/runs/run_1/trees/ins_1?round=1", Canned.Tree);

    private string _ends = Canned.Run("succeeded", place: Canned.At(
        2, "done", Started, Canned.Round(1, accuracy: "0.586", training: "trn_1"), Canned.Round(2, accuracy: "0.4", rolledBack: true)));

    private static string Started => Canned.Round(0, accuracy: "0.154");

    [Fact]
    public async Task The_demo_registers_submits_runs_and_reports()
    {
        var outcome = await RunAsync(CancellationToken.None);

        File.ReadAllBytes(Path.Combine(_models, "micro.gguf")).ShouldBe(File.ReadAllBytes(MicroModel.Path));
        var sent = _service.Asked.Where(asked => asked.Body.Length > 0)
            .ToDictionary(asked => asked.Request.Split('?')[0], asked => asked.Body);
        sent["POST /v1/instruction-sets"].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("prompt").GetString())
            .ShouldBe(new InstructionGenerator(new MicroRandom(5)).Take(6).Select(i => i.Text));
        var run = JsonDocument.Parse(sent["POST /v1/runs"]).RootElement;
        run.GetProperty("recipe").GetProperty("judge").GetProperty("max_tokens").GetInt32().ShouldBe(26);
        run.GetProperty("recipe").GetProperty("instructions_per_round").GetInt32().ShouldBe(3);
        run.GetProperty("recipe").GetProperty("train").GetProperty("actor").GetProperty("learning_rate").GetDouble().ShouldBe(2e-4);
        run.GetProperty("rounds").GetInt32().ShouldBe(2);
        run.GetProperty("seed").GetInt64().ShouldBe(5);
        outcome.Report.Verified.ShouldBe(new Verified(1, 0));
        outcome.Tree!.InstructionId.ShouldBe("ins_1");
        _terminal.Err.ShouldContain("succeeded: 2 paired, 1 already-good; 2 pairs, similarity 0.875, 5,600 tokens generated");
        _terminal.Err.ShouldContain("running, round 1 of 2, self-play: 2 pending, 1 paired; waiting for a worker; ");
        _terminal.Err.ShouldContain("running, round 1 of 2, train-actor: step 12 of 28: loss 0.6931, rewards/margins 0.25");
        _terminal.Err.ShouldContain("running, round 1 of 2, train-refiner: preparing the data");
        _terminal.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_training_is_plotted()
    {
        var outcome = await RunAsync(CancellationToken.None);

        outcome.Curves.Select(Path.GetFileName).ShouldBe(["actor-loss.svg", "actor-margin.svg"]);
        foreach (var path in outcome.Curves)
            File.ReadAllText(path).ShouldContain("round 1");
    }

    [Fact]
    public async Task A_round_that_was_rolled_back_is_reported_as_such()
    {
        var outcome = await RunAsync(CancellationToken.None);

        outcome.Report.Rounds.Select(round => round.RolledBack).ShouldBe([false, false, true]);
        outcome.Report.Rounds.Select(round => round.ActorAccuracy!.Mean).ShouldBe([0.154, 0.586, 0.4]);
    }

    [Fact]
    public async Task A_failed_training_ends_the_demo_with_its_reason()
    {
        _ends = Canned.Run("failed", place: Canned.At(
            1, "train-actor", Started, Canned.Round(1, "train-actor", training: "trn_1")))
            .Replace(
                "\"detail\": null", "\"detail\": \"The training trn_1 failed with not-finite: The loss is not finite.\"",
                StringComparison.Ordinal);

        (await Should.ThrowAsync<CommandException>(() => RunAsync(CancellationToken.None)))
            .Message.ShouldBe("The run run_1 failed. The training trn_1 failed with not-finite: The loss is not finite.");
    }

    [Fact]
    public async Task A_failed_run_says_so()
    {
        _ends = Canned.Run("failed");

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
    public async Task The_page_shows_numbers_a_tree_and_where_to_look_next()
    {
        var outcome = await RunAsync(CancellationToken.None);

        _terminal.Terminal.Out.Write(DemoPage.Draw(outcome, new("http://127.0.0.1:8765"), running: true));

        var page = _terminal.Out;
        page.ShouldMatch(@"rejected answers that satisfy every constraint\s+│\s+0\.000");
        page.ShouldMatch(@"tokens generated\s+│\s+5,600");
        page.ShouldContain(Prompt);
        page.ShouldContain("0.2 NY?  the fox met the owl .");
        page.ShouldContain("── 0.0 N  the fox met the -owl +mirror .");
        page.ShouldContain("── 0.0 N  the fox met the -owl +mirror . (seen before)");
        page.ShouldContain("── 1.0 Y  the -fox +wolf met the mirror . chosen");
        page.ShouldNotContain("dropped");
        page.ShouldContain("round 2 was rolled back");
        page.ShouldMatch(@"round 1, T 1 +█+▒+ +0\.586");
        page.ShouldContain(Path.Combine(_curves, "run_1", "actor-margin.svg"));
        page.ShouldContain("http://127.0.0.1:8765/v1/runs/run_1/trees/ins_1?round=1");
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
        Directory.Delete(_models, recursive: true);
        Directory.Delete(_curves, recursive: true);
    }

    private Task<DemoOutcome> RunAsync(CancellationToken stop)
    {
        _service.On("GET /v1/runs/run_1", _ends);
        return new DemoJob(_service.Client, _models, _curves, _terminal.Terminal, TimeProvider.System)
            .RunAsync(new(Json: false, Keep: false, Seed: 5, Instructions: 3, Rounds: 2), stop);
    }
}
