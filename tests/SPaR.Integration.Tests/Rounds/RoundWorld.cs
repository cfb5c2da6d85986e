using System.Text.Json.Nodes;
using SPaR.Evaluation.Benchmarks;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Training;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>The whole service with scripted models, a scripted trainer and a scripted benchmark, and runs of rounds in it.</summary>
internal sealed class RoundWorld : IAsyncDisposable
{
    private readonly Dictionary<string, string> _sets = [];

    private RoundWorld(TrainingService service, NotedEngine engine, ScriptedBenchmark benchmark, ScriptedBenchmark brought) =>
        (Service, Engine, Benchmark, Brought) = (service, engine, benchmark, brought);

    public TrainingService Service { get; }

    public NotedEngine Engine { get; }

    public ScriptedBenchmark Benchmark { get; }

    /// <summary>With the same scores, for items that a user brings.</summary>
    public ScriptedBenchmark Brought { get; }

    public HttpService Http => Service.Http;

    /// <param name="scores">Of the benchmark, from round 0 on.</param>
    public static async Task<RoundWorld> StartAsync(PostgresFixture postgres, params double[] scores)
    {
        double[] told = scores.Length == 0 ? [0.5] : scores;
        var (engine, benchmark) = (new NotedEngine(), new ScriptedBenchmark(told));
        var brought = new ScriptedBenchmark(told) { Name = "brought", IsBrought = true };
        var service = await TrainingService.StartAsync(postgres, engine, [benchmark, brought, new IfevalBenchmark()], null);
        return new(service, engine, benchmark, brought);
    }

    /// <param name="recipe">Beside the benchmark and the training, which it may replace.</param>
    /// <param name="word">In every instruction: <c>easy</c> gives no pair.</param>
    /// <param name="more">More fields of the request.</param>
    public async Task<Answer> PostAsync(
        int rounds, string recipe = "{}", int instructions = 20, string word = "hard", string more = "{}")
    {
        if (!_sets.TryGetValue(word, out var set))
            _sets[word] = set = (await Http.PostAsync("/v1/instruction-sets?name=s", string.Join('\n', Enumerable.Range(0, instructions)
                .Select(i => $$"""{"prompt":"{{word}} {{i}}"}""")), "application/x-ndjson")).ShouldBe(201).Id;
        var whole = JsonNode.Parse("""{ "sample": { "n": 2 }, "train": {}, "evaluate": { "benchmarks": ["scripted"] } }""")!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(recipe)!.AsObject())
            whole[name] = value?.DeepClone();
        var request = JsonNode.Parse(more)!.AsObject();
        request["instruction_set"] = set;
        request["actor"] = Service.Model;
        request["name"] = "loop";
        request["seed"] = 7;
        request["rounds"] = rounds;
        request["recipe"] = whole;
        return await Http.PostAsync("/v1/runs", request);
    }

    public async Task<string> RunAsync(int rounds, string recipe = "{}", int instructions = 20, string word = "hard") =>
        (await PostAsync(rounds, recipe, instructions, word)).ShouldBe(201).Id;

    public Task<Answer> GetAsync(string run) => Http.GetAsync($"/v1/runs/{run}");

    public Task<Answer> MoveAsync(string run, string action) => Http.PostAsync($"/v1/runs/{run}/{action}");

    public async Task<Answer> WaitAsync(string run, Func<Answer, bool> enough, double seconds = 60)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var now = (await GetAsync(run)).ShouldBe(200);
            if (enough(now))
                return now;
            // What has failed goes nowhere by itself.
            now["status"].GetValue<string>().ShouldNotBe("failed", now.Text);
            TimeProvider.System.GetElapsedTime(started).TotalSeconds.ShouldBeLessThan(seconds, now.Text);
            await Task.Delay(30, TestContext.Current.CancellationToken);
        }
    }

    public Task<Answer> StatusAsync(string run, string status) => WaitAsync(run, now => now["status"].GetValue<string>() == status);

    /// <summary>Until a round is in a stage and somebody is at work there.</summary>
    public Task<Answer> StageAsync(string run, int round, string stage) => WaitAsync(
        run, now => now["round"].GetValue<int>() == round && now["stage"].GetValue<string>() == stage);

    /// <summary>The training runs that runs made, as <c>name method status</c>.</summary>
    /// <param name="run">Null for those of all runs.</param>
    public async Task<IReadOnlyList<string>> TrainingsAsync(string? run = null) =>
    [
        .. (await Http.GetAsync("/v1/training-runs?limit=200"))["data"].AsArray().Reverse()
            .Where(t => run is null || t!["datasets"]![0]!["run"]!.GetValue<string>() == run)
            .Select(t => $"{t!["name"]} {t["method"]} {t["status"]}"),
    ];

    /// <summary>That every round has its rows once, that its models follow from each other, and that each was trained once.</summary>
    /// <param name="isMeasuredOnce">False where a result may have been lost on its way to the database, and measured again.</param>
    public async Task ShouldBeWholeAsync(Answer run, int rounds, int instructions = 20, bool isMeasuredOnce = true)
    {
        var list = run["rounds"].AsArray();
        list.Select(r => r!["round"]!.GetValue<int>()).ShouldBe(Enumerable.Range(0, rounds + 1));
        (await TrainingsAsync(run.Id)).ShouldBe(Enumerable.Range(1, rounds).SelectMany(
            r => new[] { $"loop round {r} actor dpo succeeded", $"loop round {r} refiner sft succeeded" }));
        (await Http.GetAsync("/v1/models?limit=200"))["data"].AsArray().Count(m => m!["lineage"]?["run"]?.GetValue<string>() == run.Id)
            .ShouldBe(2 * rounds, "each training made one model");
        for (var r = 1; r <= rounds; r++)
        {
            var (before, now) = (list[r - 1]!, list[r]!);
            now["stage"]!.GetValue<string>().ShouldBe("done");
            now["counts"]!["paired"]!.GetValue<int>().ShouldBe(instructions);
            now["pairs"]!.GetValue<int>().ShouldBe(instructions);
            now["actor"]!.GetValue<string>().ShouldBe((before["actor_out"] ?? before["actor"])!.GetValue<string>());
            now["refiner"]!.GetValue<string>().ShouldBe((before["refiner_out"] ?? before["refiner"])!.GetValue<string>());
            now["judge"]!.GetValue<string>().ShouldBe(now["refiner"]!.GetValue<string>());
            now["actor_dataset"]!["rows"]!.GetValue<int>().ShouldBe(instructions);
            now["actor_dataset"]!["source"]!["round"]!.GetValue<int>().ShouldBe(r);
            // Of each tree a mending and a judgement by a split vote.
            now["refiner_dataset"]!["rows"]!.GetValue<int>().ShouldBe(2 * instructions);
            now["evaluation"]!["scripted"]!["accuracy"]!["count"]!.GetValue<int>().ShouldBe(ScriptedBenchmark.Items);
            now["evaluations"]!["scripted"]!.GetValue<string>().ShouldStartWith("evl_");
            now["seconds"]!.GetValue<double>().ShouldBePositive();
            (await Http.GetAsync($"/v1/runs/{run.Id}/preferences?round={r}")).Lines.Count.ShouldBe(instructions);
            (await Http.GetAsync($"/v1/runs/{run.Id}/refiner-examples?round={r}")).Lines.Count.ShouldBe(2 * instructions);
        }

        var measured = Benchmark.Measured.ToLookup(m => m.Evaluation, m => m.Ordinal);
        foreach (var round in list)
        {
            var ordinals = measured[round!["evaluations"]!["scripted"]!.GetValue<string>()];
            (isMeasuredOnce ? ordinals : ordinals.Distinct()).Order().ShouldBe(Enumerable.Range(0, ScriptedBenchmark.Items));
        }

        run["progress"]["states"]!["paired"]!.GetValue<int>().ShouldBe(rounds * instructions);
    }

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
