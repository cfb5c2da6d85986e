using Npgsql;
using SPaR.Integration.Tests.Jobs;
using SPaR.Service.Jobs;

namespace SPaR.Integration.Tests.Compliance;

/// <summary>What <see cref="IJobQueue"/> promises, whatever it is built on.</summary>
public sealed class JobQueueCompliance(PostgresFixture postgres) : IAsyncLifetime
{
    private JobWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await JobWorld.CreateAsync(postgres);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_job_runs_once_with_its_payload()
    {
        await _world.StartAsync(serve: true, OneByOne);
        var queue = await _world.StartAsync(serve: false);
        await queue.EnqueueAsync(new("work", "a", """{"n":1}"""), default);
        await _world.UntilRanAsync(1);
        await EndAsync(queue);
        _world.Ran.ToArray().ShouldBe([new("work", "a", """{"n":1}"""), new("work", "end", "")]);
    }

    [Fact]
    public async Task Waiting_jobs_of_the_same_key_are_one()
    {
        var queue = await _world.StartAsync(serve: false);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => queue.EnqueueAsync(new("work", "a", "1"), default)));
        await queue.EnqueueAsync(new("work", "b", "2"), default);
        await _world.StartAsync(serve: true, OneByOne);
        await EndAsync(queue);
        _world.Ran.Select(r => r.Key).ShouldBe(["a", "b", "end"]);
    }

    [Fact]
    public async Task A_job_enqueued_while_its_key_runs_runs_after_it()
    {
        var finish = new TaskCompletionSource();
        _world.Work = (_, _) => _world.Ran.Count == 1 ? finish.Task : Task.CompletedTask;
        var queue = await _world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "a", "1"), default);
        await _world.UntilRanAsync(1);
        await queue.EnqueueAsync(new("work", "a", "2"), default);
        finish.SetResult();
        await _world.UntilRanAsync(2);
        _world.Ran.Select(r => r.Payload).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task A_delayed_job_waits_and_an_earlier_one_of_its_key_hastens_it()
    {
        var queue = await _world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "hastened", "", TimeSpan.FromHours(1)), default);
        await queue.EnqueueAsync(new("work", "hastened", ""), default);
        await queue.EnqueueAsync(new("work", "slow", "", TimeSpan.FromSeconds(3)), default);
        await _world.UntilRanAsync(1);
        _world.Ran.Select(r => r.Key).ShouldBe(["hastened"]);
        await _world.UntilRanAsync(2);
        _world.Ran.Select(r => r.Key).ShouldBe(["hastened", "slow"]);
    }

    [Fact]
    public async Task A_failing_job_is_tried_again_and_then_listed_with_its_error()
    {
        _world.Work = (_, _) => throw new InvalidOperationException($"attempt {_world.Ran.Count}");
        var queue = await _world.StartAsync(serve: true, o => o.Retries = 2);
        await queue.EnqueueAsync(new("work", "a", "p"), default);
        IReadOnlyList<FailedJob> failed = [];
        await Wait.UntilAsync(async () => (failed = await queue.FailedAsync(default)).Count > 0);
        _world.Ran.Count.ShouldBe(3);
        failed.Single().ShouldSatisfyAllConditions(
            f => f.Key.ShouldBe("a"), f => f.Payload.ShouldBe("p"), f => f.Attempts.ShouldBe(3), f => f.Error.ShouldBe("attempt 3"));
    }

    [Fact]
    public async Task A_job_that_succeeds_in_the_end_is_not_listed()
    {
        _world.Work = (_, _) => _world.Ran.Count == 1 ? throw new InvalidOperationException("once") : Task.CompletedTask;
        var queue = await _world.StartAsync(serve: true, OneByOne);
        await queue.EnqueueAsync(new("work", "a", ""), default);
        await _world.UntilRanAsync(2);
        await EndAsync(queue);
        (await queue.FailedAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_job_of_a_killed_worker_passes_on()
    {
        var never = new TaskCompletionSource();
        _world.Work = (_, _) => _world.Ran.Count == 1 ? never.Task : Task.CompletedTask;
        using var line = new CutLine(new NpgsqlConnectionStringBuilder(_world.Database).Port);
        var doomed = await _world.StartAsync(serve: true, line: line);
        await doomed.EnqueueAsync(new("work", "a", "p"), default);
        await _world.UntilRanAsync(1);
        line.Dispose();
        await _world.StartAsync(serve: true);
        await _world.UntilRanAsync(2);
        _world.Ran.Last().ShouldBe(new("work", "a", "p"));
        never.SetResult();
    }

    [Fact]
    public async Task The_job_of_a_worker_that_stops_runs_again()
    {
        _world.Work = (_, stop) => _world.Ran.Count == 1 ? Task.Delay(Timeout.Infinite, stop) : Task.CompletedTask;
        var queue = await _world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "a", "p"), default);
        await _world.UntilRanAsync(1);
        await _world.StopAsync();
        await _world.StartAsync(serve: true);
        await _world.UntilRanAsync(2);
        _world.Ran.Last().ShouldBe(new("work", "a", "p"));
    }

    [Fact]
    public async Task A_process_that_does_not_serve_or_has_no_handler_runs_nothing_and_the_job_waits_through_restarts()
    {
        var queue = await _world.StartAsync(serve: false);
        await _world.StartAsync(serve: true, kinds: "other");
        await queue.EnqueueAsync(new("work", "a", ""), default);
        await queue.EnqueueAsync(new("other", "b", ""), default);
        await _world.UntilRanAsync(1);
        await _world.StopAsync();
        _world.Ran.Select(r => r.Kind).ShouldBe(["other"]);
        await _world.StartAsync(serve: true);
        await _world.UntilRanAsync(2);
        _world.Ran.Last().ShouldBe(new("work", "a", ""));
    }

    private static void OneByOne(JobOptions options) => options.Concurrent = 1;

    /// <summary>Waits for one more job. Jobs of a kind that wait begin in the order in which they were enqueued, so a worker that runs
    /// one at a time has run all others by then.</summary>
    private async Task EndAsync(IJobQueue queue)
    {
        await queue.EnqueueAsync(new("work", "end", ""), default);
        await Wait.UntilAsync(() => _world.Ran.Any(r => r.Key == "end"));
    }
}
