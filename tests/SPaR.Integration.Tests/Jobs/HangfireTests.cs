using Npgsql;
using SPaR.Service.Jobs;

namespace SPaR.Integration.Tests.Jobs;

/// <summary>What the queue does on Hangfire, beyond what <see cref="Compliance.JobQueueCompliance"/> asks of any.</summary>
public sealed class HangfireTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_job_that_runs_for_longer_than_a_worker_may_be_silent_is_not_given_to_another()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var finish = new TaskCompletionSource();
        world.Work = (_, _) => finish.Task;
        var queue = await world.StartAsync(serve: true);
        await world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "long", ""), default);
        await world.UntilRanAsync(1);
        // A worker that does not extend its claim within three seconds loses the job to the next poll, half a second later.
        await Task.Delay(TimeSpan.FromSeconds(5));
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
            Task.Run(() => queues[i % 2].EnqueueAsync(new("work", "a", "", i % 3 == 0 ? TimeSpan.FromMinutes(i + 1) : null), default))));
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Enqueued"] = 1 });
        await world.StartAsync(serve: true);
        await world.UntilStateAsync("Succeeded");
        world.Ran.Count.ShouldBe(1);
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Succeeded"] = 1 });
    }

    [Fact]
    public async Task What_is_enqueued_while_workers_take_jobs_runs_at_least_once_more_and_never_waits_twice()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var (enqueued, missed) = (0, 0);
        // Each job must see all that was enqueued before it: what it has seen last tells whether one was lost.
        var seen = 0;
        world.Work = (_, _) => Task.FromResult(Interlocked.Exchange(ref seen, Volatile.Read(ref enqueued)));
        var queues = new[] { await world.StartAsync(serve: true), await world.StartAsync(serve: true) };
        for (var i = 0; i < 60; i++)
        {
            Interlocked.Increment(ref enqueued);
            await queues[i % 2].EnqueueAsync(new("work", "a", ""), default);
            var states = await world.StatesAsync();
            if (states.GetValueOrDefault("Enqueued") + states.GetValueOrDefault("Scheduled") > 1)
                missed++;
        }

        missed.ShouldBe(0, "two jobs of one key waited");
        await Wait.UntilAsync(() => Volatile.Read(ref seen) == 60);
        world.Ran.Count.ShouldBeLessThanOrEqualTo(60);
    }

    [Fact]
    public async Task A_failing_job_is_tried_as_often_as_our_options_say_and_not_ten_times()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        world.Work = (_, _) => throw new InvalidOperationException("no");
        var queue = await world.StartAsync(serve: true, o => o.Retries = 1);
        await queue.EnqueueAsync(new("work", "a", ""), default);
        await world.UntilStateAsync("Failed");
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Failed"] = 1 });
        world.Ran.Count.ShouldBe(2);
        (await queue.FailedAsync(default)).Single().Attempts.ShouldBe(2);
    }

    [Fact]
    public async Task A_job_that_waits_for_its_retry_is_the_one_that_is_enqueued_again_and_keeps_its_count()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        world.Work = (_, _) => throw new InvalidOperationException("no");
        var queue = await world.StartAsync(serve: true, o => (o.Retries, o.RetrySeconds) = (1, 3600));
        await queue.EnqueueAsync(new("work", "a", ""), default);
        await world.UntilStateAsync("Scheduled");
        await queue.EnqueueAsync(new("work", "a", ""), default);
        await world.UntilStateAsync("Failed");
        world.Ran.Count.ShouldBe(2);
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Failed"] = 1 });
    }

    [Fact]
    public async Task A_job_that_fails_while_another_of_its_key_waits_is_not_put_beside_it()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var fail = new TaskCompletionSource();
        world.Work = (_, _) => world.Ran.Count == 1 ? fail.Task : Task.CompletedTask;
        var queue = await world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "a", "1"), default);
        await world.UntilRanAsync(1);
        await queue.EnqueueAsync(new("work", "a", "2", TimeSpan.FromHours(1)), default);
        fail.SetException(new InvalidOperationException("no"));
        await world.UntilStateAsync("Deleted");
        await queue.EnqueueAsync(new("work", "a", ""), default);
        await world.UntilStateAsync("Succeeded");
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Deleted"] = 1, ["Succeeded"] = 1 }, ignoreOrder: true);
        world.Ran.Select(r => r.Payload).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task A_worker_that_has_the_choice_takes_evaluations_before_runs_and_runs_before_trainings()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var queue = await world.StartAsync(serve: false);
        foreach (var kind in new[] { JobKinds.Train, JobKinds.Run, JobKinds.Evaluate })
            await queue.EnqueueAsync(new(kind, "a", ""), default);
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
        // Hangfire keeps whole seconds: cut off, this one would run after one.
        await queue.EnqueueAsync(new("work", "a", "", TimeSpan.FromSeconds(1.9)), default);
        var waited = TimeProvider.System.GetElapsedTime(asked, await ran.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        waited.TotalSeconds.ShouldBeGreaterThan(1.89);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_that_is_not_there_fails_the_start_and_names_the_setting(bool serve)
    {
        var wrong = new NpgsqlConnectionStringBuilder(await postgres.MigratedDatabaseAsync()) { Database = "nowhere" };
        await using var world = JobWorld.On(wrong.ConnectionString);
        var error = await Should.ThrowAsync<InvalidOperationException>(() => world.StartAsync(serve));
        error.Message.ShouldStartWith($"The job queue cannot use PostgreSQL at {wrong.Host}:{wrong.Port} (database 'nowhere'): ");
        error.Message.ShouldEndWith("set ConnectionStrings:Spar to one that runs.");
        SPaR.Host.StartupError.Of(error).ShouldBe(error.Message);
    }
}
