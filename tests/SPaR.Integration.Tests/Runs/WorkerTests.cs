using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using SPaR.Integration.Tests.Jobs;
using SPaR.Method;
using SPaR.Method.Items;

namespace SPaR.Integration.Tests.Runs;

public sealed class WorkerTests(PostgresFixture postgres) : IAsyncLifetime
{
    // Of an item under the default recipe: its answers, and the refinements that are judged, as the first is good.
    private const int Answers = 5;
    private const int Refinements = 1;

    private readonly List<TestWorker> _workers = [];
    private RunWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await RunWorld.CreateAsync(postgres);

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task A_run_is_worked_on_to_its_end_with_each_model_loaded_once()
    {
        var worker = await StartAsync();
        var run = await _world.SubmitAsync(40);
        await _world.UntilAsync(run, RunStatus.Succeeded);
        await EveryItemHasItsRowsOnceAsync(run, 40);
        worker.Engine.Loaded.ShouldBe([_world.ModelFile]);
        (await _world.RunAsync(run)).ShouldSatisfyAllConditions(
            r => r.Preflight!.ReadableRate.ShouldBe(1), r => r.StartedAt.ShouldNotBeNull(), r => r.FinishedAt.ShouldNotBeNull());
    }

    [Fact]
    public async Task Short_slices_hand_on_and_do_not_load_again()
    {
        var worker = await StartAsync((_, stop) => Task.Delay(120, stop), null, ("Worker:SliceSeconds", "1"));
        var run = await _world.SubmitAsync(24);
        await _world.UntilAsync(run, RunStatus.Succeeded);
        await EveryItemHasItsRowsOnceAsync(run, 24);
        worker.Engine.Loaded.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Two_workers_share_a_run()
    {
        var by = new ConcurrentDictionary<string, int>();
        var both = new TaskCompletionSource();
        foreach (var name in new[] { "one", "two" })
        {
            // One slot each: the worker that comes first is busy, so the next job of the run is the other's.
            await StartAsync(
                async (_, stop) =>
                {
                    by.AddOrUpdate(name, 1, (_, n) => n + 1);
                    if (by.Count == 2)
                        both.TrySetResult();
                    await both.Task.WaitAsync(TimeSpan.FromSeconds(30), stop);
                }, null, ("Jobs:Concurrent", "1"));
        }

        var run = await _world.SubmitAsync(80);
        await _world.UntilAsync(run, RunStatus.Succeeded);
        await EveryItemHasItsRowsOnceAsync(run, 80);
        by.Keys.Order().ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task What_a_killed_worker_held_is_resumed_without_loss_or_duplicate()
    {
        using var line = new CutLine(new NpgsqlConnectionStringBuilder(_world.ConnectionString).Port);
        var reached = new SemaphoreSlim(0);
        await StartAsync(
            async (item, stop) =>
            {
                // Half-way: the answers are stored and judged, then the worker is never heard of again.
                if (item.IsSample)
                    return;
                reached.Release();
                await Task.Delay(Timeout.Infinite, stop);
            }, line);
        var run = await _world.SubmitAsync(6);
        for (var i = 0; i < 4; i++)
            (await reached.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        line.Dispose();
        (await _world.StoredAsync(run)).ShouldBe((4 * Answers, 4 * Answers, 0));
        await StartAsync();
        await _world.UntilAsync(run, RunStatus.Succeeded);
        await EveryItemHasItsRowsOnceAsync(run, 6);
    }

    [Fact]
    public async Task A_worker_that_stops_gives_its_items_back_at_once()
    {
        var partial = new TaskCompletionSource();
        var stopping = await StartAsync(
            async (_, stop) =>
            {
                partial.TrySetResult();
                await Task.Delay(Timeout.Infinite, stop);
            }, null, ("Worker:LeaseSeconds", "600"));
        var run = await _world.SubmitAsync(4);
        await partial.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await stopping.StopAsync();
        (await _world.ItemsAsync(run)).ShouldAllBe(i => i.LeaseOwner == null && i.State == ItemState.Pending && i.Failures == 0);
        await StartAsync();
        await _world.UntilAsync(run, RunStatus.Succeeded);
    }

    [Fact]
    public async Task Pause_and_cancel_take_effect_within_a_second()
    {
        await StartAsync((_, stop) => Task.Delay(Timeout.Infinite, stop));
        var run = await _world.SubmitAsync(10);
        await _world.LeasedAsync(run);
        await _world.Lifecycle.PauseAsync(run, default);
        await _world.UntilAsync(run, RunStatus.Paused, seconds: 1);
        (await _world.ItemsAsync(run)).ShouldAllBe(i => i.LeaseOwner == null && i.State == ItemState.Pending);
        await _world.Lifecycle.ResumeAsync(run, default);
        await _world.LeasedAsync(run);
        await _world.Lifecycle.CancelAsync(run, default);
        await _world.UntilAsync(run, RunStatus.Cancelled, seconds: 1);
        (await _world.ItemsAsync(run)).ShouldAllBe(i => i.State == ItemState.Cancelled);
    }

    [Fact]
    public async Task An_item_that_keeps_failing_ends_in_error_and_a_retry_gives_it_another_chance()
    {
        var broken = true;
        await StartAsync((item, _) => item.Ordinal == 1 && broken
            ? throw new InvalidOperationException("This one is broken.")
            : Task.CompletedTask);
        var run = await _world.SubmitAsync(5);
        await _world.UntilAsync(run, RunStatus.Succeeded);
        var item = (await _world.ItemsAsync(run))[1];
        (item.State, item.Detail, item.Failures).ShouldBe((ItemState.Error, "This one is broken.", 3));
        broken = false;
        await _world.Lifecycle.RetryAsync(run, default);
        await _world.UntilAsync(run, RunStatus.Succeeded);
        await EveryItemHasItsRowsOnceAsync(run, 5);
    }

    [Fact]
    public async Task A_model_that_cannot_be_used_fails_the_run_with_its_message_and_can_be_retried()
    {
        var worker = await StartAsync();
        worker.Engine.Refusal = new ModelRejectedException("truncated", "m.gguf ends early; copy it again.");
        var run = await _world.SubmitAsync(3);
        await _world.UntilAsync(run, RunStatus.Failed);
        (await _world.RunAsync(run)).Detail.ShouldBe("m.gguf ends early; copy it again.");
        worker.Engine.Refusal = null;
        await _world.Lifecycle.RetryAsync(run, default);
        await _world.UntilAsync(run, RunStatus.Succeeded);
    }

    [Fact]
    public async Task A_native_failure_in_the_middle_ends_every_item_in_error_until_a_retry()
    {
        var missing = true;
        await StartAsync((item, stop) => !missing ? Task.CompletedTask
            : item.Ordinal == 2 ? throw new NativeLibraryMissingException("Run ./spar setup.")
            : Task.Delay(Timeout.Infinite, stop));
        var run = await _world.SubmitAsync(4);
        await _world.UntilAsync(run, RunStatus.Failed);
        (await _world.RunAsync(run)).Detail.ShouldBe("Run ./spar setup.");
        (await _world.ItemsAsync(run)).ShouldAllBe(
            i => i.State == ItemState.Error && i.Detail == "Run ./spar setup." && i.LeaseOwner == null);
        missing = false;
        await _world.Lifecycle.RetryAsync(run, default);
        await _world.UntilAsync(run, RunStatus.Succeeded);
        await EveryItemHasItsRowsOnceAsync(run, 4);
    }

    [Fact]
    public async Task States_add_up_through_any_schedule_of_trouble()
    {
        var random = new Random(11);
        var gate = new Lock();
        int Draw(int below)
        {
            lock (gate)
                return random.Next(below);
        }

        for (var i = 0; i < 2; i++)
        {
            var worker = await StartAsync(
                async (_, stop) =>
                {
                    await Task.Delay(Draw(120), stop);
                    if (Draw(4) == 0)
                        throw new InvalidOperationException("Drawn.");
                }, null, ("Worker:SliceSeconds", "1"));
            // Items whose answers are good need no refinement, and refinements that cannot be read give no pair.
            worker.Engine.Say = item => (item.Ordinal % 3, item.IsSample) switch
            {
                (0, true) => "a good answer",
                (1, false) => "no markers",
                _ => null,
            };
        }

        var run = await _world.SubmitAsync(30);
        for (var turn = 0; turn < 3; turn++)
        {
            await Task.Delay(200 + Draw(900));
            if (!await _world.TryPauseAsync(run))
                break;
            await _world.UntilAsync(run, RunStatus.Paused);
            await _world.Lifecycle.ResumeAsync(run, default);
        }

        await _world.UntilAsync(run, RunStatus.Succeeded);
        var items = await _world.ItemsAsync(run);
        items.Count.ShouldBe(30);
        items.ShouldAllBe(i => i.State != ItemState.Pending && i.State != ItemState.Cancelled && i.LeaseOwner == null);
        items.Select(i => i.State).Distinct().Count().ShouldBeGreaterThan(2);
        items.Where(i => i.State == ItemState.Error).ShouldAllBe(i => i.Detail == "Drawn.");
        Duplicates.ShouldBeEmpty();
    }

    /// <summary>Rows that were written a second time.</summary>
    private IEnumerable<Exception> Duplicates => _workers.SelectMany(w => w.Errors).Where(error => error is DbUpdateException);

    private async Task EveryItemHasItsRowsOnceAsync(string run, int count)
    {
        Duplicates.ShouldBeEmpty();
        var items = await _world.ItemsAsync(run);
        items.Count.ShouldBe(count);
        items.ShouldAllBe(i => i.State == ItemState.Paired && i.LeaseOwner == null && i.Failures == 0);
        items.Select(i => (i.PrefillComputed, i.PrefillForked, i.Generated)).Distinct().ShouldHaveSingleItem("each paid for its rows once");
        (await _world.StoredAsync(run)).ShouldBe((Answers * count, (Answers + Refinements) * count, count));
    }

    private async Task<TestWorker> StartAsync(
        Func<ItemRequest, CancellationToken, Task>? before = null, CutLine? line = null, params (string Key, string Value)[] settings)
    {
        var worker = await TestWorker.StartAsync(_world, before, line, settings);
        _workers.Add(worker);
        return worker;
    }
}
