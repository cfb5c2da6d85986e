using Microsoft.EntityFrameworkCore;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Events;
using SPaR.Service.Items;

namespace SPaR.Integration.Tests.Runs;

public sealed class RunTargetTests(PostgresFixture postgres) : IAsyncLifetime
{
    private RunWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await RunWorld.CreateAsync(postgres);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    /// <summary>A round of sixty takes a second and more, in which the target is looked at many times.</summary>
    private static Task Slowly(ItemRequest request, CancellationToken cancellationToken) => Task.Delay(100, cancellationToken);

    [Fact]
    public async Task Self_play_ends_with_enough_pairs_and_every_other_input_says_why()
    {
        var run = await _world.SubmitAsync(60, target: new(Pairs: 3));
        await using var worker = await TestWorker.StartAsync(_world, Slowly);

        await _world.UntilAsync(run, RunStatus.Succeeded);

        var items = await _world.ItemsAsync(run);
        items.Count(i => i.State == ItemState.Paired).ShouldBeInRange(3, 59);
        var left = items.Where(i => i.State == ItemState.Cancelled).ToList();
        left.ShouldNotBeEmpty();
        left.ShouldAllBe(i => i.Detail == "target-pairs" && i.FinishedAt != null && i.Generated == 0);
        (await _world.RunAsync(run)).Code.ShouldBeNull();
    }

    public static TheoryData<RunTarget, string> Limits => new()
    {
        { new(Tokens: 1), "limit-tokens" },
        { new(Seconds: 1), "limit-seconds" },
        { new(Cost: 1e-6, Prices: new(MillionTokens: 1)), "limit-cost" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task A_limit_ends_the_run_with_what_it_has_and_says_so(RunTarget target, string detail)
    {
        var run = await _world.SubmitAsync(120, target: target);
        await using var worker = await TestWorker.StartAsync(_world, Slowly);

        await _world.UntilAsync(run, RunStatus.Succeeded);

        var left = (await _world.ItemsAsync(run)).Where(i => i.State == ItemState.Cancelled).ToList();
        left.ShouldNotBeEmpty();
        left.ShouldAllBe(i => i.Detail == detail);
        (await _world.RunAsync(run)).Code.ShouldBe(RunCodes.LimitReached);
    }

    [Fact]
    public async Task What_a_worker_holds_is_finished()
    {
        var run = await _world.RunningAsync(3);
        await _world.TakeAsync(run, "w", 1);
        await using var db = await _world.Databases.CreateDbContextAsync();

        await ItemStore.LeaveOutAsync(db, run, 1, "target-pairs", default);

        (await _world.ItemsAsync(run)).Select(i => i.State).ShouldBe([ItemState.Pending, ItemState.Cancelled, ItemState.Cancelled]);
    }

    [Fact]
    public async Task A_preview_draws_by_the_seed()
    {
        var run = await _world.SubmitAsync(40, preview: 5);

        var drawn = (await _world.ItemsAsync(run)).Select(i => i.Ordinal).ToArray();

        drawn.Length.ShouldBe(5);
        drawn.ShouldNotBe([0, 1, 2, 3, 4]);
        var again = await _world.SubmitAsync(40, preview: 5);
        (await _world.ItemsAsync(again)).Select(i => i.Ordinal).ShouldBe(drawn, "both have the same seed");
    }

    [Fact]
    public async Task Rows_say_what_each_stage_cost()
    {
        var run = await _world.SubmitAsync(4);
        await using var worker = await TestWorker.StartAsync(_world);
        await _world.UntilAsync(run, RunStatus.Succeeded);

        var (answers, judgements, _) = await _world.StoredAsync(run);
        var items = await _world.ItemsAsync(run);

        items.Sum(i => i.SampleGenerations).ShouldBe(answers);
        await using var db = await _world.Databases.CreateDbContextAsync();
        var votes = (await db.Judgements.Where(j => j.RunId == run).Select(j => j.Votes).ToListAsync()).Sum(v => v.Length);
        judgements.ShouldBePositive();
        items.Sum(i => i.JudgeGenerations).ShouldBe(votes);
        items.ShouldAllBe(i => i.Generated == i.SampleTokens + i.JudgeTokens + i.RefineTokens && i.Generated > 0);
        items.Sum(i => i.RefineGenerations).ShouldBe(await db.Nodes.Where(n => n.RunId == run).SumAsync(n => n.Attempts));
    }

    [Fact]
    public async Task Events_are_in_the_order_in_which_they_can_be_seen()
    {
        var run = await _world.SubmitAsync(2);
        await _world.Lifecycle.PauseAsync(run, default);
        await _world.Lifecycle.ResumeAsync(run, default);
        await _world.Lifecycle.CancelAsync(run, default);
        await using var db = await _world.Databases.CreateDbContextAsync();

        var events = await db.Events.Where(e => e.Subject == run).OrderBy(e => e.Id).Select(e => e.Type).ToListAsync();

        events.ShouldBe(
            ["run.queued", "run.stage", "run.pausing", "run.paused", "run.queued", "run.cancelling", "run.cancelled"]);
    }
}
