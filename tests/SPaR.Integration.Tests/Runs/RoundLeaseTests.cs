using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Items;

namespace SPaR.Integration.Tests.Runs;

/// <summary>Leases of a run with several rounds: each round has an item of its own for the same instruction.</summary>
public sealed class RoundLeaseTests(PostgresFixture postgres) : IAsyncLifetime
{
    private RunWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await RunWorld.CreateAsync(postgres);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_round_is_leased_only_when_the_one_before_it_has_ended()
    {
        var run = await _world.RunningAsync(3, rounds: 2);
        var first = await _world.TakeAsync(run, "w", 2);
        await SettleAsync(run);
        (await _world.TakeAsync(run, "eager", 10, round: 2)).ShouldBeEmpty("nothing of the first round has ended");
        foreach (var lease in first)
            await FinishAsync(lease);
        await SettleAsync(run);
        (await _world.TakeAsync(run, "eager", 10, round: 2)).ShouldBeEmpty("an item of the first round is open");
        await FinishAsync((await _world.TakeAsync(run, "w", 10)).Single());
        (await _world.TakeAsync(run, "eager", 10, round: 2)).ShouldBeEmpty("nobody has taken the step yet");
        await SettleAsync(run);

        (await _world.TakeAsync(run, "late", 10)).ShouldBeEmpty("a worker with the first round's models in hand finds nothing");
        var second = await _world.TakeAsync(run, "eager", 10, round: 2);

        second.Select(l => (l.Key.Round, l.Ordinal, l.Epoch)).ShouldBe([(2, 0, 1), (2, 1, 1), (2, 2, 1)]);
        var items = await _world.ItemsAsync(run);
        second.Select(l => l.Key.InstructionId).ShouldBe(items.Where(i => i.Round == 1).Select(i => i.InstructionId));
    }

    [Fact]
    public async Task What_the_holder_of_an_item_does_late_does_not_touch_the_same_instruction_in_the_next_round()
    {
        var run = await _world.RunningAsync(1, rounds: 2);
        var first = (await _world.TakeAsync(run, "w", 1)).Single();
        var late = await _world.OpenAsync(first);
        await FinishAsync(first);
        await SettleAsync(run);
        var second = (await _world.TakeAsync(run, "w", 1, round: 2)).Single();
        (second.Owner, second.Epoch).ShouldBe((first.Owner, first.Epoch), "only the round tells the two leases apart");

        await _world.Leases.FailAsync(first, "late", default);
        await _world.Leases.ReleaseAsync(first, default);
        await Should.ThrowAsync<LeaseLostException>(() => late.SaveAsync([Rows.Answer(first.Key, 0)], new(1, 1, 1), default));
        await Should.ThrowAsync<LeaseLostException>(() => late.FinishAsync(new(ItemState.Paired, null, [Rows.Pair(first.Key)]), default));

        var item = (await _world.ItemsAsync(run)).Single(i => i.Round == 2);
        (item.State, item.Failures, item.Generated, item.LeaseOwner).ShouldBe((ItemState.Pending, 0, 0, "w"));
        var journal = await _world.OpenAsync(second);
        journal.Found.Answers.ShouldBeEmpty("what the first round stored is not found again");
        await journal.SaveAsync([Rows.Answer(second.Key, 0)], new(1, 1, 1), default);
        (await _world.ItemsAsync(run)).Select(i => (i.Round, i.State, i.Generated)).ShouldBe(
            [(1, ItemState.AlreadyGood, 0), (2, ItemState.Pending, 1)]);
    }

    [Fact]
    public async Task A_heartbeat_keeps_what_is_held_in_the_second_round_and_leaves_what_has_ended()
    {
        var run = await _world.RunningAsync(1, rounds: 2);
        var first = (await _world.TakeAsync(run, "w", 1)).Single();
        await FinishAsync(first);
        await SettleAsync(run);
        var ended = (await _world.ItemsAsync(run))[0].LeaseUntil;
        var second = (await _world.TakeAsync(run, "w", 1, seconds: 1, round: 2)).Single();

        await _world.Leases.HeartbeatAsync([first, second], TimeSpan.FromMinutes(1), default);

        var items = await _world.ItemsAsync(run);
        items[0].LeaseUntil.ShouldBe(ended);
        (await _world.TakeAsync(run, "other", 1, round: 2)).ShouldBeEmpty();
        (items[1].LeaseUntil - TimeProvider.System.GetUtcNow()).ShouldNotBeNull().TotalSeconds.ShouldBeInRange(10, 90);
    }

    /// <summary>Without a pair: nothing is trained, so the next round follows at once.</summary>
    private async Task FinishAsync(Lease lease) =>
        await (await _world.OpenAsync(lease)).FinishAsync(new(ItemState.AlreadyGood, null, []), default);

    private Task<RunStatus> SettleAsync(string run) => _world.Lifecycle.AdvanceAsync(run, default);
}
