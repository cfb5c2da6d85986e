namespace SPaR.Integration.Tests.Rounds;

/// <summary>Two services over one database, each of which may take every step of every run.</summary>
public sealed class TwoWorkerTests(PostgresFixture postgres)
{
    private const int Rounds = 3;
    private const int Runs = 3;

    [Fact]
    public async Task Two_workers_that_advance_the_same_runs_take_no_step_twice()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        await using var engine = new NotedEngine();
        await using var beside = await world.Service.BesideAsync(engine);
        var ids = new List<string>();
        for (var i = 0; i < Runs; i++)
            ids.Add(await world.RunAsync(Rounds));

        var runs = await Task.WhenAll(ids.Select(id => world.WaitAsync(id, now => now["status"].GetValue<string>() == "succeeded", 240)));

        world.Engine.Asked.ShouldNotBeEmpty();
        engine.Asked.ShouldNotBeEmpty("both have worked");
        foreach (var run in runs)
        {
            await world.ShouldBeWholeAsync(run, Rounds);
            run["tokens"].ToJsonString().ShouldBe(runs[0]["tokens"].ToJsonString(), "nothing was asked twice");
        }

        world.Benchmark.Asked.Count.ShouldBe(Runs * (Rounds + 1), "every round was evaluated once");
        var trainings = (await world.Http.GetAsync("/v1/training-runs?limit=200"))["data"].AsArray();
        trainings.Count.ShouldBe(2 * Rounds * Runs);
        foreach (var training in trainings)
        {
            training!["restarts"]!.GetValue<int>().ShouldBe(0);
            (await world.Service.StepsAsync(training["id"]!.GetValue<string>())).ShouldBe(Enumerable.Range(1, 6), "one process wrote them");
        }
    }
}
