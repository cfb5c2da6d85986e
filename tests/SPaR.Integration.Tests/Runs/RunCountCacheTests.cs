using Microsoft.EntityFrameworkCore;
using SPaR.Method.Items;
using SPaR.Service.Items;
using SPaR.Service.Rounds;
using SPaR.Service.Runs;

namespace SPaR.Integration.Tests.Runs;

/// <summary>Counting reads every row of a run; how often that is done does not depend on how often somebody asks.</summary>
public sealed class RunCountCacheTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_working_run_is_counted_anew_after_ten_times_as_long_as_counting_took()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(3);
        var cache = new RunCountCache(world.Databases, new SecondsTime());
        (await PendingAsync(world, cache, run)).ShouldBe(3);
        await SetFirstAsync(world, "already-good");
        // Counting took a second, and so does every question.
        for (var second = 1; second < 10; second++)
            (await PendingAsync(world, cache, run)).ShouldBe(3);
        (await PendingAsync(world, cache, run)).ShouldBe(2);
    }

    [Fact]
    public async Task A_change_of_the_status_counts_at_once_and_the_counts_of_an_ended_run_stay()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(2);
        var cache = new RunCountCache(world.Databases, new SecondsTime());
        (await PendingAsync(world, cache, run)).ShouldBe(2);
        await world.Lifecycle.CancelAsync(run, default);
        (await PendingAsync(world, cache, run)).ShouldBe(0);
        await SetFirstAsync(world, "pending");
        for (var second = 0; second < 100; second++)
            (await PendingAsync(world, cache, run)).ShouldBe(0, "nothing changes the rows of a run that has ended");
    }

    [Fact]
    public async Task A_hundred_who_ask_at_once_share_one_count_and_one_that_gives_up_takes_it_from_nobody()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(2);
        var cache = new RunCountCache(world.Databases, new SecondsTime());
        using var gone = new CancellationTokenSource();
        var first = PendingAsync(world, cache, run, gone.Token);
        await gone.CancelAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => PendingAsync(world, cache, run)));
        all.ShouldAllBe(pending => pending == 2);
        try
        {
            (await first).ShouldBe(2);
        }
        catch (OperationCanceledException)
        {
            // It gave up before the count was done.
        }
    }

    private static async Task<int> PendingAsync(RunWorld world, RunCountCache cache, string run, CancellationToken token = default)
    {
        await using var db = await world.Databases.CreateDbContextAsync(token);
        var row = await db.Runs.AsNoTracking().SingleAsync(r => r.Id == run, token);
        var rounds = await db.RunRounds.AsNoTracking().Where(r => r.RunId == run).ToListAsync(token);
        var counts = await cache.ReadAsync(db, [row], rounds.ToLookup(r => r.RunId), token);
        return counts[run].Items.Where(i => i.State is ItemState.Pending).Sum(i => i.Count);
    }

    private static async Task SetFirstAsync(RunWorld world, string state)
    {
        await using var db = await world.Databases.CreateDbContextAsync();
        await db.Database.ExecuteSqlAsync($"UPDATE spar.run_items SET state = {state} WHERE ordinal = 0");
    }

    /// <summary>A second passes whenever somebody looks.</summary>
    private sealed class SecondsTime : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks);
    }
}
