using Npgsql;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Events;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Rounds;

namespace SPaR.Integration.Tests.Runs;

public sealed class RunLifecycleTests(PostgresFixture postgres) : IAsyncLifetime
{
    private RunWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await RunWorld.CreateAsync(postgres);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_new_run_has_an_item_for_each_instruction_and_a_job()
    {
        var run = await _world.SubmitAsync(7);
        var items = await _world.ItemsAsync(run);
        items.Select(i => i.Ordinal).ShouldBe(Enumerable.Range(0, 7));
        items.ShouldAllBe(i => i.State == ItemState.Pending && i.Round == RoundStore.FirstRound && i.LeaseOwner == null);
        _world.Queue.Requests.ShouldBe([JobRequest.Run(run)]);
        (await _world.RunAsync(run)).Recipe.Refine.Strategy.ShouldBe("bfs");
    }

    [Fact]
    public async Task A_run_that_nobody_works_on_pauses_resumes_and_is_cancelled_at_once()
    {
        var run = await _world.SubmitAsync(2);
        await _world.Lifecycle.PauseAsync(run, default);
        (await _world.RunAsync(run)).Status.ShouldBe(RunStatus.Paused);
        await _world.Lifecycle.ResumeAsync(run, default);
        (await _world.RunAsync(run)).Status.ShouldBe(RunStatus.Queued);
        _world.Queue.Requests.Count.ShouldBe(2);
        await _world.Lifecycle.PauseAsync(run, default);
        await _world.Lifecycle.CancelAsync(run, default);
        (await _world.RunAsync(run)).Status.ShouldBe(RunStatus.Cancelled);
    }

    [Fact]
    public async Task A_pause_waits_for_the_items_in_flight_and_takes_no_new_ones()
    {
        var run = await _world.RunningAsync(3);
        var lease = (await _world.TakeAsync(run, "w", 1)).Single();
        await _world.Lifecycle.PauseAsync(run, default);
        (await _world.RunAsync(run)).Status.ShouldBe(RunStatus.Pausing);
        (await _world.TakeAsync(run, "w", 1)).ShouldBeEmpty();
        await _world.Leases.ReleaseAsync(lease, default);
        (await _world.Lifecycle.AdvanceAsync(run, default)).ShouldBe(RunStatus.Paused);
    }

    [Fact]
    public async Task A_worker_frozen_past_a_pause_cannot_write()
    {
        var run = await _world.RunningAsync(1);
        var frozen = (await _world.TakeAsync(run, "frozen", 1, seconds: 0.2)).Single();
        var journal = await _world.OpenAsync(frozen);
        await _world.Lifecycle.PauseAsync(run, default);
        await Task.Delay(300);
        (await _world.Lifecycle.AdvanceAsync(run, default)).ShouldBe(RunStatus.Paused);
        await _world.Leases.HeartbeatAsync([frozen], TimeSpan.FromMinutes(1), default);
        await Should.ThrowAsync<LeaseLostException>(() => journal.SaveAsync([], new(1, 1, 1), default));
    }

    [Fact]
    public async Task A_cancelled_run_keeps_what_ended_and_cancels_the_rest()
    {
        var run = await _world.RunningAsync(3);
        var leases = await _world.TakeAsync(run, "w", 2);
        await (await _world.OpenAsync(leases[0])).FinishAsync(new(ItemState.AlreadyGood, null, []), default);
        await _world.Lifecycle.CancelAsync(run, default);
        (await _world.RunAsync(run)).Status.ShouldBe(RunStatus.Cancelling);
        await _world.Leases.ReleaseAsync(leases[1], default);
        (await _world.Lifecycle.AdvanceAsync(run, default)).ShouldBe(RunStatus.Cancelled);
        (await _world.ItemsAsync(run)).Select(i => i.State)
            .ShouldBe([ItemState.AlreadyGood, ItemState.Cancelled, ItemState.Cancelled]);
        (await _world.RunAsync(run)).FinishedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_run_whose_items_have_ended_succeeds()
    {
        var run = await _world.RunningAsync(2);
        await FinishAsync(run, ItemState.Paired, ItemState.Error);
        (await _world.Lifecycle.AdvanceAsync(run, default)).ShouldBe(RunStatus.Succeeded);
    }

    [Fact]
    public async Task A_run_whose_items_all_ended_in_error_fails_with_the_commonest_and_can_be_retried()
    {
        var run = await _world.RunningAsync(3);
        // An item that failed is the first in order again until its third failure.
        foreach (var message in Enumerable.Repeat("rare", 3).Concat(Enumerable.Repeat("common", 6)))
            await _world.Leases.FailAsync((await _world.TakeAsync(run, "w", 1)).Single(), message, default);

        (await _world.Lifecycle.AdvanceAsync(run, default)).ShouldBe(RunStatus.Failed);
        (await _world.RunAsync(run)).Detail.ShouldBe("Every instruction ended in error, most often: common");

        await _world.Lifecycle.RetryAsync(run, default);
        var retried = await _world.RunAsync(run);
        (retried.Status, retried.Detail, retried.FinishedAt).ShouldBe((RunStatus.Queued, null, null));
        (await _world.ItemsAsync(run)).ShouldAllBe(i => i.State == ItemState.Pending && i.Failures == 0 && i.Detail == null);
    }

    [Fact]
    public async Task What_a_status_does_not_allow_is_refused_by_name()
    {
        var run = await _world.SubmitAsync(1);
        (await Should.ThrowAsync<InvalidStateException>(() => _world.Lifecycle.ResumeAsync(run, default)))
            .Message.ShouldBe($"The run {run} is queued; it can be resumed while it is paused.");
        await _world.Lifecycle.CancelAsync(run, default);
        (await Should.ThrowAsync<InvalidStateException>(() => _world.Lifecycle.PauseAsync(run, default)))
            .Message.ShouldBe($"The run {run} is cancelled; it can be paused while it is queued or running.");
        (await Should.ThrowAsync<InvalidStateException>(() => _world.Lifecycle.RetryAsync(run, default)))
            .Message.ShouldBe($"The run {run} is cancelled; it can be retried while it is succeeded or failed.");
        (await Should.ThrowAsync<InvalidStateException>(() => _world.Lifecycle.CancelAsync(run, default)))
            .Message.ShouldContain("is cancelled");
    }

    [Fact]
    public async Task What_was_deleted_in_the_meantime_cannot_be_moved() =>
        await Should.ThrowAsync<WorkDeletedException>(() => _world.Lifecycle.PauseAsync("run_none", default));

    [Fact]
    public async Task Every_change_is_announced_once_it_can_be_seen()
    {
        var run = await _world.SubmitAsync(1);
        await using var source = NpgsqlDataSource.Create(_world.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        var heard = new List<string>();
        connection.Notification += (_, signal) => heard.Add(signal.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {RunSignals.Channel}", connection))
            await listen.ExecuteNonQueryAsync();
        await _world.Lifecycle.PauseAsync(run, default);
        (await connection.WaitAsync(TimeSpan.FromSeconds(5))).ShouldBeTrue();
        heard.ShouldBe([run]);
    }

    [Fact]
    public void Statuses_move_only_as_they_may()
    {
        string[] shared =
        [
            "queued > running by start", "queued > failed by fail",
            "running > pausing by pause", "running > cancelling by cancel", "running > succeeded by succeed", "running > failed by fail",
            "pausing > cancelling by cancel", "pausing > paused by complete-stop", "pausing > failed by fail",
            "paused > queued by resume", "cancelling > cancelled by complete-stop",
        ];
        string[] waitsForWorkers =
        [
            "queued > pausing by pause", "queued > cancelling by cancel", "paused > cancelling by cancel",
            "succeeded > queued by retry", "failed > queued by retry",
        ];
        Moves(WorkKind.Run).ShouldBe([.. shared, .. waitsForWorkers], ignoreOrder: true);
        Moves(WorkKind.Evaluation).ShouldBe([.. shared, .. waitsForWorkers], ignoreOrder: true);
        Moves(WorkKind.Training).ShouldBe(
        [
            .. shared, "queued > paused by pause", "queued > cancelled by cancel", "paused > cancelled by cancel",
            "pausing > succeeded by succeed", "cancelling > cancelled by fail", "failed > queued by resume", "failed > queued by retry",
        ], ignoreOrder: true);
    }

    private static IEnumerable<string> Moves(WorkKind kind) =>
        from status in Enum.GetValues<RunStatus>()
        from move in Enum.GetValues<StatusMove>()
        let next = StatusTransitions.Next(kind, status, move)
        where next is not null
        select $"{EnumName.Of(status)} > {EnumName.Of(next.Value)} by {EnumName.Of(move)}";

    private async Task FinishAsync(string run, params ItemState[] states)
    {
        foreach (var state in states)
            await (await _world.OpenAsync((await _world.TakeAsync(run, "w", 1)).Single())).FinishAsync(new(state, null, []), default);
    }
}
