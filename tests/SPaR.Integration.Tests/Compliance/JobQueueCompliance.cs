using Npgsql;
using SPaR.Integration.Tests.Jobs;
using SPaR.Service.Jobs;

namespace SPaR.Integration.Tests.Compliance;

/// <summary>What every <see cref="IJobQueue"/> promises.</summary>
public sealed class JobQueueCompliance(PostgresFixture postgres) : IAsyncLifetime
{
    private JobWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await JobWorld.CreateAsync(postgres);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_job_runs_once()
    {
        await _world.StartAsync(serve: true, OneByOne);
        var queue = await _world.StartAsync(serve: false);
        await queue.EnqueueAsync(new("work", "a"), default);
        await _world.UntilRanAsync(1);
        await EndAsync(queue);
        _world.Ran.ToArray().ShouldBe([new("work", "a"), new("work", "end")]);
    }

    [Fact]
    public async Task Waiting_jobs_of_the_same_key_are_one()
    {
        var queue = await _world.StartAsync(serve: false);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => queue.EnqueueAsync(new("work", "a"), default)));
        await queue.EnqueueAsync(new("work", "b"), default);
        await _world.StartAsync(serve: true, OneByOne);
        await EndAsync(queue);
        _world.Ran.Select(r => r.Key).ShouldBe(["a", "b", "end"]);
    }

    [Fact]
    public async Task A_job_enqueued_while_its_key_runs_runs_after_it()
    {
        var finish = new TaskCompletionSource();
        var overlapped = false;
        _world.Work = (_, _) =>
        {
            overlapped |= _world.Ran.Count > 1 && !finish.Task.IsCompleted;
            return finish.Task;
        };
        var queue = await _world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "a"), default);
        await _world.UntilRanAsync(1);
        await queue.EnqueueAsync(new("work", "a"), default);
        finish.SetResult();
        await _world.UntilRanAsync(2);
        overlapped.ShouldBeFalse();
    }

    [Fact]
    public async Task A_delayed_job_waits_unless_its_key_is_enqueued_for_an_earlier_time()
    {
        var delay = TimeSpan.FromSeconds(1);
        var slowRan = new TaskCompletionSource<long>();
        _world.Work = (request, _) => Task.FromResult(request.Key == "slow" && slowRan.TrySetResult(TimeProvider.System.GetTimestamp()));
        var queue = await _world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "hastened", TimeSpan.FromHours(1)), default);
        await queue.EnqueueAsync(new("work", "hastened"), default);
        var enqueued = TimeProvider.System.GetTimestamp();
        await queue.EnqueueAsync(new("work", "slow", delay), default);
        await _world.UntilRanAsync(2);
        _world.Ran.Select(r => r.Key).ShouldBe(["hastened", "slow"], ignoreOrder: true);
        TimeProvider.System.GetElapsedTime(enqueued, await slowRan.Task).ShouldBeGreaterThanOrEqualTo(delay);
    }

    [Fact]
    public async Task A_failing_job_is_retried_and_then_listed_with_its_error()
    {
        _world.Work = (_, _) => throw new InvalidOperationException($"attempt {_world.Ran.Count}");
        var queue = await _world.StartAsync(serve: true, o => o.Retries = 2);
        await queue.EnqueueAsync(new("work", "a"), default);
        IReadOnlyList<FailedJob> failed = [];
        await Wait.UntilAsync(async () => (failed = await queue.FailedAsync(null, 10, default)).Count > 0);
        _world.Ran.Count.ShouldBe(3);
        failed.Single().ShouldSatisfyAllConditions(
            f => f.Key.ShouldBe("a"), f => f.Attempts.ShouldBe(3), f => f.Error.ShouldBe("attempt 3"));
    }

    [Fact]
    public async Task A_job_that_succeeds_in_the_end_is_not_listed()
    {
        _world.Work = (_, _) => _world.Ran.Count == 1 ? throw new InvalidOperationException("once") : Task.CompletedTask;
        var queue = await _world.StartAsync(serve: true, OneByOne);
        await queue.EnqueueAsync(new("work", "a"), default);
        await _world.UntilRanAsync(2);
        await EndAsync(queue);
        (await queue.FailedAsync(null, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_job_of_a_killed_worker_goes_to_another()
    {
        var never = new TaskCompletionSource();
        _world.Work = (_, _) => _world.Ran.Count == 1 ? never.Task : Task.CompletedTask;
        using var line = new CutLine(new NpgsqlConnectionStringBuilder(_world.Database).Port);
        var doomed = await _world.StartAsync(serve: true, line: line);
        await doomed.EnqueueAsync(new("work", "a"), default);
        await _world.UntilRanAsync(1);
        line.Dispose();
        await _world.StartAsync(serve: true);
        await _world.UntilRanAsync(2);
        // Where the other worker takes the death for one that the job caused, the job is a suspect.
        (_world.Ran.Last() with { IsSuspect = false }).ShouldBe(new("work", "a"));
        never.SetResult();
    }

    [Fact]
    public async Task The_job_of_a_worker_that_stops_runs_again()
    {
        _world.Work = (_, stop) => _world.Ran.Count == 1 ? Task.Delay(Timeout.Infinite, stop) : Task.CompletedTask;
        var queue = await _world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "a"), default);
        await _world.UntilRanAsync(1);
        await _world.StopAsync();
        await _world.StartAsync(serve: true);
        await _world.UntilRanAsync(2);
        _world.Ran.Last().ShouldBe(new("work", "a"));
    }

    [Fact]
    public async Task A_process_that_does_not_serve_or_has_no_handler_runs_nothing_and_the_job_waits_through_restarts()
    {
        var queue = await _world.StartAsync(serve: false);
        await _world.StartAsync(serve: true, kinds: "other");
        await queue.EnqueueAsync(new("work", "a"), default);
        await queue.EnqueueAsync(new("other", "b"), default);
        await _world.UntilRanAsync(1);
        await _world.StopAsync();
        _world.Ran.Select(r => r.Kind).ShouldBe(["other"]);
        await _world.StartAsync(serve: true);
        await _world.UntilRanAsync(2);
        _world.Ran.Last().ShouldBe(new("work", "a"));
    }

    private static void OneByOne(JobOptions options) => options.Concurrent = 1;

    /// <summary>Waits for one more job. Waiting jobs of a kind start in the order in which they were enqueued, so a worker that runs one
    /// at a time has run all others by then.</summary>
    private async Task EndAsync(IJobQueue queue)
    {
        await queue.EnqueueAsync(new("work", "end"), default);
        await Wait.UntilAsync(() => _world.Ran.Any(r => r.Key == "end"));
    }
}
