using Npgsql;
using SPaR.Service.Jobs;

namespace SPaR.Integration.Tests.Jobs;

/// <summary>A job over which processes die is taken up a few times and then given up, and nothing else is taken for such a death.</summary>
public sealed class JobDeathTests(PostgresFixture postgres) : IAsyncLifetime
{
    private JobWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await JobWorld.CreateAsync(postgres);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_job_that_kills_the_process_of_a_model_is_given_up_with_its_last_words_while_others_go_on()
    {
        _world.Work = (request, _) => request.Key == "killer" ? throw Death("GGML_ASSERT(n > 0) failed") : Task.CompletedTask;
        var queue = await _world.StartAsync(serve: true);
        await _world.StartAsync(serve: true);

        await EnqueueUntilAsync(queue, () => !_world.Failed.IsEmpty, "killer", "good");

        // Two jobs of the key may see the third death.
        var failed = _world.Failed.Distinct().ShouldHaveSingleItem();
        (failed.Key, failed.Code).ShouldBe(("killer", "process-died"));
        failed.Message.ShouldContain("died 3 times");
        failed.Message.ShouldContain("GGML_ASSERT(n > 0) failed");
        (Ran("killer")[0], Ran("killer")[^1]).ShouldBe((false, true), "after a death it is worked on with care");
        Ran("good").Count.ShouldBeGreaterThan(3);
        FailedJob listed = null!;
        await Wait.UntilAsync(async () => (await queue.FailedAsync(null, 10, default)) is [var one] && (listed = one) is not null);
        (listed.Key, listed.Code, listed.Attempts, listed.Error).ShouldBe(("killer", "process-died", 3, failed.Message));
        (await RowsAsync(" WHERE key = 'killer'")).ShouldBeEmpty("a retry starts without its past");
    }

    [Fact]
    public async Task A_death_after_progress_is_the_first_again()
    {
        _world.Work = (_, _) =>
        {
            _world.Progress += _world.Ran.Count <= 4 ? 1 : 0;
            throw Death("no memory");
        };
        var queue = await _world.StartAsync(serve: true);

        await EnqueueUntilAsync(queue, () => !_world.Failed.IsEmpty, "a");

        // Four came further and then died; three did not.
        Ran("a").Count.ShouldBe(7);
    }

    [Fact]
    public async Task Workers_that_die_one_after_the_other_over_a_job_end_it()
    {
        var never = new TaskCompletionSource();
        _world.Work = (_, _) => never.Task;
        var direct = await _world.StartAsync(serve: false);
        for (var death = 1; death <= JobDeaths.Most; death++)
        {
            using var line = CutLine.To(_world.Database);
            await _world.StartAsync(serve: true, o => o.Concurrent = 1, line);
            await EnqueueUntilAsync(direct, () => Ran("a").Count == death, "a");
            line.Dispose();
            await Wait.UntilAsync(async () => (await RowsAsync(" WHERE seen_at < now() - interval '3 s'")).Count == death);
        }

        await _world.StartAsync(serve: true, o => o.Concurrent = 1);
        await EnqueueUntilAsync(direct, () => !_world.Failed.IsEmpty, "a");

        var failed = _world.Failed.Distinct().ShouldHaveSingleItem();
        failed.Code.ShouldBe("process-died");
        failed.Message.ShouldContain("The worker died 3 times");
        Ran("a").Count.ShouldBe(3);
        never.SetResult();
    }

    [Fact]
    public async Task A_worker_that_is_stopped_or_fails_has_not_died()
    {
        _world.Work = (request, stop) => request.Key == "stopped"
            ? Task.Delay(Timeout.Infinite, stop)
            : throw new InvalidOperationException("no");
        for (var stop = 1; stop <= JobDeaths.Most; stop++)
        {
            var queue = await _world.StartAsync(serve: true);
            await queue.EnqueueAsync(new("work", "stopped"), default);
            await Wait.UntilAsync(() => Ran("stopped").Count >= stop);
            await queue.EnqueueAsync(new("work", "failing"), default);
            await Wait.UntilAsync(() => Ran("failing").Count >= stop);
            await _world.StopAsync();
        }

        (await RowsAsync()).ShouldBeEmpty();
        _world.Failed.ShouldBeEmpty();
    }

    private static ModelProcessDiedException Death(string words) => new($"tiny.gguf: its process died. {words}", words, 134);

    private List<bool> Ran(string key) => [.. _world.Ran.Where(r => r.Key == key).Select(r => r.IsSuspect)];

    /// <summary>As orphan scans do.</summary>
    private static Task EnqueueUntilAsync(IJobQueue queue, Func<bool> end, params string[] keys) => Wait.UntilAsync(
        async () =>
        {
            foreach (var key in keys)
                await queue.EnqueueAsync(new("work", key), default);
            await Task.Delay(100);
            return end();
        },
        seconds: 30);

    private async Task<List<string>> RowsAsync(string where = "")
    {
        await using var source = NpgsqlDataSource.Create(_world.Database);
        await using var command = source.CreateCommand($"SELECT key FROM spar.job_attempts{where}");
        await using var reader = await command.ExecuteReaderAsync();
        var keys = new List<string>();
        while (await reader.ReadAsync())
            keys.Add(reader.GetString(0));
        return keys;
    }
}
