using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Runs;
using SPaR.Method;
using SPaR.Service.Evaluations;
using SPaR.Service.Jobs;
using SPaR.Service.Models;
using SPaR.Service.Storage;
using SPaR.Service.Trainings;
using SPaR.Service.Worker;

namespace SPaR.Integration.Tests.Jobs;

/// <summary>How jobs are described to users.</summary>
public sealed class JobDescriptionTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_job_of_a_run_shows_its_round_and_the_number_of_finished_items()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(5);
        await EndAsync(world, run, 2);
        var description = (await TellAsync(world, JobKinds.Run, run))!;
        description.ToString().ShouldBe($"{run} · round 1, self-play · 2 / 5");
        description.Link.ShouldBe($"/v1/runs/{run}");
    }

    [Fact]
    public async Task The_job_of_a_run_that_evaluates_counts_the_items_of_the_current_benchmark()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(1);
        await using var db = await world.Databases.CreateDbContextAsync();
        await db.Database.ExecuteSqlAsync($"UPDATE spar.run_rounds SET stage = 'evaluate' WHERE run_id = {run}");
        db.Evaluations.AddRange(Evaluation("evl_1", 30, run), Evaluation("evl_2", 20, run), Evaluation("evl_3", 7, null));
        db.EvaluationResults.AddRange(
            Enumerable.Range(0, 6).Select(i => Result(i < 4 ? "evl_1" : "evl_2", i)).Append(Result("evl_3", 0)));
        await db.SaveChangesAsync();
        (await TellAsync(world, JobKinds.Run, run))!.ToString().ShouldBe($"{run} · round 1, evaluate · 2 / 20");
        var own = (await TellAsync(world, JobKinds.Evaluate, "evl_3"))!;
        own.ToString().ShouldBe("evl_3 · ifeval, running · 1 / 7");
        own.Link.ShouldBe("/v1/evaluations/evl_3");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_job_of_a_training_shows_its_steps_and_links_to_its_run(bool ofRun)
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(1);
        await using var db = await world.Databases.CreateDbContextAsync();
        db.TrainingRuns.Add(new()
        {
            Id = "trn_1",
            RunId = ofRun ? run : null,
            Round = ofRun ? 1 : null,
            Role = ofRun ? TrainingRole.Actor : null,
            Method = TrainingMethod.Dpo,
            ModelId = "mdl_1",
            Sources = [new(run, 1, null, TrainingData.Preferences)],
            Options = new(),
            Status = RunStatus.Running,
            Step = 120,
            Steps = 500,
            DroppedCount = 0,
            Restarts = 0,
            CreatedAt = DateTimeOffset.UnixEpoch,
        });
        await db.SaveChangesAsync();
        var description = (await TellAsync(world, JobKinds.Train, "trn_1"))!;
        description.ToString().ShouldBe($"trn_1{(ofRun ? $" of {run}" : "")} · dpo, running · 120 / 500");
        description.Link.ShouldBe(ofRun ? $"/v1/runs/{run}" : "/v1/training-runs/trn_1");
    }

    [Theory]
    [InlineData(JobKinds.Run)]
    [InlineData(JobKinds.Train)]
    [InlineData(JobKinds.Evaluate)]
    public async Task A_job_whose_subject_is_gone_has_no_description(string kind)
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        (await TellAsync(world, kind, "gone_1")).ShouldBeNull();
    }

    [Fact]
    public async Task The_service_lists_failed_jobs_with_their_subjects()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        await using var db = await service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        var model = (await service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        db.Evaluations.Add(Evaluation("evl_1", 500, null, model));
        db.EvaluationResults.AddRange(Enumerable.Range(0, 120).Select(i => Result("evl_1", i)));
        await db.SaveChangesAsync();
        var failures = service.Parts.GetRequiredService<JobFailures>();
        foreach (var job in new JobRequest[] { new("evaluate", "evl_1"), new("run", "run_gone"), new("unknown", "x") })
            await failures.RecordAsync(job, 5, FailedJob.JobFailed, "it broke");

        var jobs = (await service.GetAsync("/v1/jobs/failed")).ShouldBe(200)["data"].AsArray();
        var first = (await service.GetAsync("/v1/jobs/failed?limit=1")).ShouldBe(200);
        var ready = (await service.GetAsync("/health/ready")).ShouldBe(200);

        (first["data"].AsArray().Count, first["has_more"].GetValue<bool>()).ShouldBe((1, true));
        ready["status"].GetValue<string>().ShouldBe("ready");
        ready["degraded"].AsArray().ShouldHaveSingleItem()!.GetValue<string>().ShouldStartWith("3 jobs were given up");
        jobs.Select(j => $"{j!["kind"]} {j["key"]} {j["title"]} {j["stage"]} {j["progress"]} {j["link"]} {j["attempts"]} {j["error"]}")
            .ShouldBe([
                "unknown x     5 it broke",
                "run run_gone     5 it broke",
                "evaluate evl_1 evl_1 ifeval, running 120 / 500 /v1/evaluations/evl_1 5 it broke",
            ]);
    }

    internal static async Task EndAsync(RunWorld world, string run, int items)
    {
        await using var db = await world.Databases.CreateDbContextAsync();
        await db.Database.ExecuteSqlAsync(
            $"UPDATE spar.run_items SET state = 'already-good', finished_at = now() WHERE run_id = {run} AND ordinal < {items}");
    }

    private static async Task<JobDescription?> TellAsync(RunWorld world, string kind, string key)
    {
        await using var services = new ServiceCollection().AddSparStorage(world.ConnectionString).AddSparRuns()
            .AddSparTraining(new ConfigurationBuilder().Build()).BuildServiceProvider();
        return await services.GetServices<IJobDescriber>().Single(s => s.Kind == kind).DescribeAsync(key, default);
    }

    private static EvaluationRun Evaluation(string id, int items, string? run, string actor = "mdl_1") => new()
    {
        Id = id,
        Name = id,
        Benchmark = "ifeval",
        DataHash = "00",
        ActorId = actor,
        Recipe = new(),
        Seed = 1,
        Items = items,
        Status = RunStatus.Running,
        RunId = run,
        Round = run is null ? null : 1,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private static EvaluationResult Result(string evaluation, int ordinal) => new()
    {
        EvaluationId = evaluation,
        Ordinal = ordinal,
        Key = $"k{ordinal}",
        State = ResultState.TooLong,
        Message = "too long",
        ActorHash = "00",
        PromptHash = "00",
        CreatedAt = DateTimeOffset.UnixEpoch,
    };
}
