using System.Runtime.Versioning;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Drills;

/// <summary>Faults, drawn from a seed, while a run, an evaluation and a training work: nothing is lost, nothing is done twice, and nothing
/// fails that could go on.</summary>
[SupportedOSPlatform("linux")]
public sealed class FaultDrillTests
{
    private const int Faults = 15;

    private readonly List<string> _happened = [];
    private readonly List<string> _done = [];

    private enum Fault
    {
        KilledService,
        ResetConnections,
        FrozenService,
        StoppedDatabase,
        KilledTrainer,
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Work_goes_on_through_every_fault(int seed)
    {
        await using var world = await DrillWorld.StartAsync();
        var random = new Random(seed);
        // Each kind of fault comes as often as the others, in a drawn order.
        var faults = Enumerable.Range(0, Faults).Select(i => (Fault)(i % Enum.GetValues<Fault>().Length)).ToArray();
        random.Shuffle(faults);
        var (run, evaluation, training) = ("", "", "");
        foreach (var fault in faults)
        {
            run = await EnsureAsync(world, "runs", run, world.RunAsync);
            evaluation = await EnsureAsync(world, "evaluations", evaluation, world.EvaluateAsync);
            if (training == "")
            {
                world.HoldTrainers = true;
                training = await StartAsync(world.TrainAsync);
            }

            await Task.Delay(random.Next(400), TestContext.Current.CancellationToken);
            var which = random.Next(world.Live);
            _happened.Add($"{fault} of {which} at {TimeProvider.System.GetUtcNow():T}");
            switch (fault)
            {
                case Fault.KilledService:
                    await world.KillServiceAsync(which);
                    break;
                case Fault.ResetConnections:
                    world.ResetConnections(which);
                    break;
                case Fault.FrozenService:
                    world.Freeze(which, TimeSpan.FromSeconds(4));
                    break;
                case Fault.StoppedDatabase:
                    await world.RestartPostgresAsync();
                    break;
                default:
                    await Wait.UntilAsync(() => world.KillTrainerAsync(training), seconds: 60, Say($"the second step of {training}"));
                    world.HoldTrainers = false;
                    await CheckTrainingAsync(world, training, deaths: 1);
                    training = "";
                    break;
            }
        }

        world.HoldTrainers = false;
        await CheckRunAsync(world, run);
        await CheckEvaluationAsync(world, evaluation);
        if (training != "")
            await CheckTrainingAsync(world, training, deaths: 0);
        _done.Count.ShouldBeGreaterThanOrEqualTo(4, Say("work done"));
    }

    /// <summary>Checks what has ended, and starts another.</summary>
    private async Task<string> EnsureAsync(DrillWorld world, string kind, string id, Func<Task<Answer>> start)
    {
        if (id != "")
        {
            var now = await TryGetAsync(world, $"/v1/{kind}/{id}");
            if (now is null || now["status"].GetValue<string>() is "queued" or "running")
                return id;
            await (kind == "runs" ? CheckRunAsync(world, id) : CheckEvaluationAsync(world, id));
        }

        return await StartAsync(start);
    }

    /// <summary>Asks again while the database is away.</summary>
    private static async Task<string> StartAsync(Func<Task<Answer>> start)
    {
        Answer? started = null;
        await Wait.UntilAsync(async () => (started = await start()).Status != 503);
        return started!.ShouldBe(201).Id;
    }

    private static async Task<Answer?> TryGetAsync(DrillWorld world, string path) =>
        await world.Http.GetAsync(path) is { Status: not 503 } answer ? answer.ShouldBe(200) : null;

    private async Task<Answer> EndAsync(DrillWorld world, string path)
    {
        Answer? now = null;
        await Wait.UntilAsync(
            async () => (now = await TryGetAsync(world, path)) is not null
                && now["status"].GetValue<string>() is not ("queued" or "running"),
            seconds: 90, Say($"the end of {path}: {now?.Text}"));
        now!["status"].GetValue<string>().ShouldBe("succeeded", Say(now.Text));
        return now;
    }

    private async Task CheckRunAsync(DrillWorld world, string run)
    {
        var ended = await EndAsync(world, $"/v1/runs/{run}");
        ended["progress"]["states"]!["paired"]!.GetValue<int>().ShouldBe(DrillWorld.Instructions, Say(ended.Text));
        var samples = ended["recipe"]["sample"]!["n"]!.GetValue<int>();
        (await world.StoredAsync(run))
            .ShouldBe((DrillWorld.Instructions * samples, DrillWorld.Instructions, 0), Say($"the rows of {run}"));
        _done.Add(run);
    }

    private async Task CheckEvaluationAsync(DrillWorld world, string evaluation)
    {
        await EndAsync(world, $"/v1/evaluations/{evaluation}");
        var results = (await world.Http.GetAsync($"/v1/evaluations/{evaluation}/results.ndjson")).ShouldBe(200).Lines;
        results.Select(r => $"{r["ordinal"]} {r["state"]}")
            .ShouldBe(Enumerable.Range(0, DrillWorld.Items).Select(i => $"{i} done"), Say(evaluation));
        _done.Add(evaluation);
    }

    private async Task CheckTrainingAsync(DrillWorld world, string training, int deaths)
    {
        var ended = await EndAsync(world, $"/v1/training-runs/{training}");
        ended["restarts"].GetValue<int>().ShouldBe(deaths, Say(ended.Text));
        (await world.Http.GetAsync($"/v1/training-runs/{training}/metrics")).ShouldBe(200).Lines.Select(l => l["step"]!.GetValue<int>())
            .ShouldBe(Enumerable.Range(1, DrillWorld.Steps), Say(training));
        var made = (await world.Http.GetAsync("/v1/models?limit=200"))["data"].AsArray()
            .Where(m => m!["lineage"]?["training_run"]?.GetValue<string>() == training).ShouldHaveSingleItem(Say(training))!;
        made["sha256"]!.GetValue<string>().ShouldBe(world.HashOf(made["path"]!.GetValue<string>()));
        made["id"]!.GetValue<string>().ShouldBe(ended["result"].GetValue<string>());
        _done.Add(training);
    }

    private string Say(string what) => $"{what}\nFaults so far:\n{string.Join('\n', _happened)}\nDone: {string.Join(' ', _done)}";
}
