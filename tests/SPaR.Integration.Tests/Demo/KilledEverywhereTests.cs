using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SPaR.MicroWorld;
using SPaR.Service.Evaluations;
using SPaR.Service.Lifecycle;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Demo;

/// <summary>The whole loop with real processes, killed in every stage: nothing is lost and nothing is done twice.</summary>
[SupportedOSPlatform("linux")]
public sealed class KilledEverywhereTests : IAsyncLifetime
{
    private const int Rounds = 2;
    private const int Instructions = 40;
    private const int Evaluated = 42;

    /// <summary>Enough short steps to kill between two of them, with a checkpoint before each kill.</summary>
    private const string Training =
        """{ "learning_rate": 2e-5, "batch_size": 8, "micro_batch_size": 8, "num_train_epochs": 20, "save_steps": 10, "threads": 1 }""";

    private RealService _service = null!;
    private ServiceProvider _storage = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await RealService.StartAsync();
        _storage = new ServiceCollection().AddSparStorage(_service.ConnectionString).BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        await _service.DisposeAsync();
    }

    /// <summary>Each stage once, in both rounds and before the first.</summary>
    private static readonly (int Round, string Stage)[] Kills =
        [(0, "evaluate"), (1, "self-play"), (1, "train-actor"), (2, "train-refiner"), (2, "evaluate")];

    [Fact]
    public async Task A_run_whose_worker_and_trainer_are_killed_in_every_stage_is_complete()
    {
        var id = await _service.RunAsync(
            Recipe(), new InstructionGenerator(new MicroRandom(5)).Take(Rounds * Instructions).Select(i => i.Text), Rounds);

        var workers = new HashSet<int>();
        foreach (var (round, stage) in Kills)
            workers.Add(await KillAsync(id, round, stage));
        var ended = await _service.EndAsync(id);

        ended.Status.ShouldBe("succeeded", ended.Detail);
        workers.Count.ShouldBe(Kills.Length, "each was another process");
        var run = await GetAsync($"runs/{id}");
        var states = run["progress"]!["states"]!.AsObject();
        states.Sum(s => s.Value!.GetValue<int>()).ShouldBe(Rounds * Instructions);
        states["error"]!.GetValue<int>().ShouldBe(0);
        await CheckTrainingsAsync(id);
        await CheckRoundsAsync(run);
        (await GetAsync("models?limit=200"))["data"]!.AsArray().Count.ShouldBe(1 + (2 * Rounds), "each training made one model");
    }

    private static JsonObject Recipe()
    {
        var recipe = JsonNode.Parse(MicroModel.ReadRecipe())!.AsObject();
        recipe["instructions_per_round"] = Instructions;
        // Smaller numbers than in real use, with the same requests.
        recipe["sample"]!["n"] = 3;
        recipe["judge"]!["votes"] = 3;
        recipe["refine"]!["depth"] = 2;
        recipe["refine"]!["keep"] = 1;
        recipe["evaluate"] = new JsonObject
        {
            ["benchmarks"] = new JsonArray(new JsonObject { ["benchmark"] = "micro-world", ["limit"] = Evaluated }),
        };
        recipe["train"] = new JsonObject { ["actor"] = JsonNode.Parse(Training), ["refiner"] = JsonNode.Parse(Training) };
        return recipe;
    }

    /// <summary>Waits until a process works on a stage, freezes it, checks that the stage is still in progress, and kills it.</summary>
    /// <returns>The worker that was killed.</returns>
    private async Task<int> KillAsync(string id, int round, string stage)
    {
        var training = await UntilAtWorkAsync(id, round, stage);
        // The trainer first: the worker only waits for it.
        var trainer = training is null ? null : await FreezeTrainerAsync(training);
        var worker = _service.Worker().ShouldNotBeNull();
        (await OsProcesses.FreezeAsync(worker, _service.Limit)).ShouldBeTrue("nobody else ends it");
        var now = await GetAsync($"runs/{id}");
        (now["round"]!.GetValue<int>(), now["stage"]!.GetValue<string>()).ShouldBe((round, stage), "it was frozen in time");
        if (trainer is not null)
            OsProcesses.Kill(trainer.Value);
        OsProcesses.Kill(worker);
        return worker;
    }

    /// <summary>Freezes the process of a training once it has a checkpoint to resume from.</summary>
    private async Task<int?> FreezeTrainerAsync(string training)
    {
        var folder = _service.TrainingFolder(training);
        var checkpoints = Path.Combine(folder, "checkpoints");
        while (!Directory.Exists(checkpoints) || !Directory.EnumerateDirectories(checkpoints).Any())
            await Task.Delay(5, _service.Limit);
        var trainer = _service.Trainer(training).ShouldNotBeNull("it runs still");
        (await OsProcesses.FreezeAsync(trainer, _service.Limit)).ShouldBeTrue("nobody else ends it");
        File.Exists(Path.Combine(folder, "model.gguf")).ShouldBeFalse("it was frozen in time");
        return trainer;
    }

    /// <returns>The training of the stage; null if it does not train.</returns>
    private async Task<string?> UntilAtWorkAsync(string id, int round, string stage)
    {
        while (true)
        {
            var run = await GetAsync($"runs/{id}");
            run["status"]!.GetValue<string>().ShouldBeOneOf("queued", "running");
            if ((run["round"]!.GetValue<int>(), run["stage"]!.GetValue<string>()) == (round, stage))
            {
                var now = run["rounds"]!.AsArray()[^1]!;
                var training = stage switch
                {
                    "train-actor" => now["actor_training"],
                    "train-refiner" => now["refiner_training"],
                    _ => null,
                };
                if (stage switch
                {
                    "self-play" => now["counts"]!["pending"]!.GetValue<int>() < Instructions,
                    "evaluate" => await IsEvaluatedAsync(id),
                    _ => training is not null,
                })
                    return training?.GetValue<string>();
            }

            await Task.Delay(50, _service.Limit);
        }
    }

    /// <summary>A worker holds a lock on the evaluation that it works on.</summary>
    private async Task<bool> IsEvaluatedAsync(string run)
    {
        await using var db = await _storage.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync(_service.Limit);
        var evaluations = await db.Evaluations.Where(e => e.RunId == run).Select(e => e.Id).ToArrayAsync(_service.Limit);
        return (await WorkLock.HeldAsync(db, evaluations, _service.Limit)).Count > 0;
    }

    private async Task CheckTrainingsAsync(string id)
    {
        var killed = Kills.Select(kill => $"{id} round {kill.Round} {kill.Stage.Replace("train-", "", StringComparison.Ordinal)}");
        var trainings = (await GetAsync("training-runs?limit=200"))["data"]!.AsArray().Reverse().ToList();
        trainings.Select(t => $"{t!["name"]} {t["status"]}").ShouldBe(Enumerable.Range(1, Rounds)
            .SelectMany(r => new[] { $"{id} round {r} actor succeeded", $"{id} round {r} refiner succeeded" }));
        foreach (var training in trainings)
        {
            training!["restarts"]!.GetValue<int>().ShouldBe(killed.Count(name => name == training["name"]!.GetValue<string>()));
            var steps = await _service.Client.GetTrainingMetricsAsync(training["id"]!.GetValue<string>(), _service.Limit)
                .ToListAsync(_service.Limit);
            steps.Select(s => s["step"]!.GetValue<int>()).ShouldBe(Enumerable.Range(1, training["steps"]!.GetValue<int>()));
        }
    }

    private async Task CheckRoundsAsync(JsonNode run)
    {
        var id = run["id"]!.GetValue<string>();
        var rounds = run["rounds"]!.AsArray();
        rounds.Select(r => r!["round"]!.GetValue<int>()).ShouldBe(Enumerable.Range(0, Rounds + 1));
        foreach (var round in rounds)
            new[] { "actor_accuracy", "judge_accuracy" }
                .Sum(measure => round!["evaluation"]!["micro-world"]![measure]!["count"]!.GetValue<int>()).ShouldBe(Evaluated);
        for (var r = 1; r <= Rounds; r++)
        {
            var (before, now) = (rounds[r - 1]!, rounds[r]!);
            now["stage"]!.GetValue<string>().ShouldBe("done");
            now["counts"]!.AsObject().Sum(c => c.Value!.GetValue<int>()).ShouldBe(Instructions);
            var paired = now["counts"]!["paired"]!.GetValue<int>();
            paired.ShouldBePositive();
            now["pairs"]!.GetValue<int>().ShouldBe(paired);
            (await LinesAsync($"runs/{id}/preferences?round={r}")).ShouldBe(paired);
            foreach (var role in (string[])["actor", "refiner"])
                now[role]!.GetValue<string>().ShouldBe((before[$"{role}_out"] ?? before[role])!.GetValue<string>());
            await CheckDataAsync(now["actor_dataset"]!, id, r, "preferences");
            await CheckDataAsync(now["refiner_dataset"]!, id, r, "refiner-examples");
        }

        rounds.Skip(1).SelectMany(r => new[] { r!["actor_out"], r["refiner_out"] }).Select(m => m!.GetValue<string>()).Distinct().Count()
            .ShouldBe(2 * Rounds);
    }

    private async Task CheckDataAsync(JsonNode dataset, string run, int round, string data)
    {
        var source = dataset["source"]!;
        (source["run"]!.GetValue<string>(), source["round"]!.GetValue<int>(), source["data"]!.GetValue<string>())
            .ShouldBe((run, round, data));
        dataset["rows"]!.GetValue<int>().ShouldBe(await LinesAsync($"runs/{run}/{data}?round={round}"));
    }

    private async Task<JsonNode> GetAsync(string path) =>
        (await _service.Http.GetFromJsonAsync<JsonNode>($"v1/{path}", _service.Limit))!;

    private async Task<int> LinesAsync(string path) =>
        (await _service.Http.GetStringAsync($"v1/{path}", _service.Limit)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
