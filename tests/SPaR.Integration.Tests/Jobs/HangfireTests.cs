using Npgsql;
using SPaR.Service.Jobs;

namespace SPaR.Integration.Tests.Jobs;

/// <summary>What the queue on Hangfire does beyond <see cref="Compliance.JobQueueCompliance"/>.</summary>
public sealed class HangfireTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_job_that_outlasts_its_claim_is_not_given_to_another_worker()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var finish = new TaskCompletionSource();
        world.Work = (_, _) => finish.Task;
        var queue = await world.StartAsync(serve: true);
        await world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "long"), default);
        await world.UntilRanAsync(1);
        // Without the extension the claim ends after three seconds, and the other worker takes the job at its next poll.
        var claimed = await world.ClaimedAtAsync();
        await Wait.UntilAsync(async () => await world.ClaimedAtAsync() - claimed > TimeSpan.FromSeconds(3.5));
        world.Ran.Count.ShouldBe(1);
        finish.SetResult();
        await world.UntilStateAsync("Succeeded");
        world.Ran.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fifty_callers_of_two_processes_make_one_job()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var queues = new[] { await world.StartAsync(serve: false), await world.StartAsync(serve: false) };
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            Task.Run(() => queues[i % 2].EnqueueAsync(new("work", "a", i % 3 == 0 ? TimeSpan.FromMinutes(i + 1) : null), default))));
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Enqueued"] = 1 });
        await world.StartAsync(serve: true);
        await world.UntilStateAsync("Succeeded");
        world.Ran.Count.ShouldBe(1);
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Succeeded"] = 1 });
    }

    [Fact]
    public async Task A_job_enqueued_while_its_key_is_taken_runs_again_and_never_waits_twice()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var (enqueued, missed) = (0, 0);
        // Each job must see everything enqueued before it, so the last value seen tells whether a job was lost.
        var seen = 0;
        world.Work = (_, _) => Task.FromResult(Interlocked.Exchange(ref seen, Volatile.Read(ref enqueued)));
        var queues = new[] { await world.StartAsync(serve: true), await world.StartAsync(serve: true) };
        for (var i = 0; i < 60; i++)
        {
            Interlocked.Increment(ref enqueued);
            await queues[i % 2].EnqueueAsync(new("work", "a"), default);
            var states = await world.StatesAsync();
            if (states.GetValueOrDefault("Enqueued") + states.GetValueOrDefault("Scheduled") > 1)
                missed++;
        }

        missed.ShouldBe(0, "two jobs of one key waited");
        await Wait.UntilAsync(() => Volatile.Read(ref seen) == 60);
        world.Ran.Count.ShouldBeLessThanOrEqualTo(60);
    }

    [Fact]
    public async Task A_failing_job_is_retried_as_often_as_our_options_say()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        world.Work = (_, _) => throw new InvalidOperationException("no");
        var queue = await world.StartAsync(serve: true, o => o.Retries = 1);
        await queue.EnqueueAsync(new("work", "a"), default);
        await world.UntilStateAsync("Failed");
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Failed"] = 1 });
        world.Ran.Count.ShouldBe(2);
        (await queue.FailedAsync(null, 10, default)).Single().Attempts.ShouldBe(2);
    }

    [Fact]
    public async Task A_job_that_waits_for_its_retry_is_the_one_that_is_enqueued_again_and_keeps_its_count()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        world.Work = (_, _) => throw new InvalidOperationException("no");
        var queue = await world.StartAsync(serve: true, o => (o.Retries, o.RetrySeconds) = (1, 3600));
        await queue.EnqueueAsync(new("work", "a"), default);
        await world.UntilStateAsync("Scheduled");
        await queue.EnqueueAsync(new("work", "a"), default);
        await world.UntilStateAsync("Failed");
        world.Ran.Count.ShouldBe(2);
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Failed"] = 1 });
    }

    [Fact]
    public async Task A_job_that_fails_while_another_of_its_key_waits_is_deleted()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var fail = new TaskCompletionSource();
        world.Work = (_, _) => world.Ran.Count == 1 ? fail.Task : Task.CompletedTask;
        var queue = await world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "a"), default);
        await world.UntilRanAsync(1);
        await queue.EnqueueAsync(new("work", "a", TimeSpan.FromHours(1)), default);
        fail.SetException(new InvalidOperationException("no"));
        await world.UntilStateAsync("Deleted");
        await queue.EnqueueAsync(new("work", "a"), default);
        await world.UntilStateAsync("Succeeded");
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Deleted"] = 1, ["Succeeded"] = 1 }, ignoreOrder: true);
        world.Ran.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_worker_that_has_the_choice_takes_evaluations_before_runs_and_runs_before_trainings()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var queue = await world.StartAsync(serve: false);
        foreach (var kind in new[] { JobKinds.Train, JobKinds.Run, JobKinds.Evaluate })
            await queue.EnqueueAsync(new(kind, "a"), default);
        await world.StartAsync(serve: true, o => o.Concurrent = 1, null, JobKinds.Train, JobKinds.Run, JobKinds.Evaluate);
        await world.UntilRanAsync(3);
        world.Ran.Select(r => r.Kind).ShouldBe([JobKinds.Evaluate, JobKinds.Run, JobKinds.Train]);
    }

    [Fact]
    public async Task A_delayed_job_never_runs_before_its_time()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var ran = new TaskCompletionSource<long>();
        world.Work = (_, _) => Task.FromResult(ran.TrySetResult(TimeProvider.System.GetTimestamp()));
        var queue = await world.StartAsync(serve: true);
        var asked = TimeProvider.System.GetTimestamp();
        // Hangfire stores whole seconds: truncated, this job would run after one second.
        await queue.EnqueueAsync(new("work", "a", TimeSpan.FromSeconds(1.9)), default);
        var waited = TimeProvider.System.GetElapsedTime(asked, await ran.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        waited.TotalSeconds.ShouldBeGreaterThan(1.89);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_missing_database_fails_the_start_and_names_the_setting(bool serve)
    {
        var wrong = new NpgsqlConnectionStringBuilder(await postgres.MigratedDatabaseAsync()) { Database = "nowhere" };
        await using var world = JobWorld.On(wrong.ConnectionString);
        var error = await Should.ThrowAsync<InvalidOperationException>(() => world.StartAsync(serve));
        error.Message.ShouldContain($"{wrong.Host}:{wrong.Port} (database 'nowhere')");
        error.Message.ShouldContain("ConnectionStrings:Spar");
        SPaR.Host.StartupError.Of(error).ShouldBe(error.Message);
    }
}
