using Microsoft.EntityFrameworkCore;
using SPaR.Method.Items;
using SPaR.Service.Items;

namespace SPaR.Integration.Tests.Runs;

public sealed class LeaseTests(PostgresFixture postgres) : IAsyncLifetime
{
    private RunWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await RunWorld.CreateAsync(postgres);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Leases_go_out_in_order_and_never_overlap()
    {
        var run = await _world.RunningAsync(200);
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var mine = new List<Lease>();
            while (await _world.TakeAsync(run, $"w{worker}", 3) is { Count: > 0 } some)
            {
                some.Select(l => l.Ordinal).ShouldBeInOrder();
                mine.AddRange(some);
            }

            return mine;
        })));
        // A worker may pass over an item that another one was just taking, so one more round takes what is left.
        var rest = await _world.TakeAsync(run, "last", 200);
        taken.SelectMany(t => t).Concat(rest).Select(l => l.Ordinal).Order().ShouldBe(Enumerable.Range(0, 200));
    }

    [Fact]
    public async Task A_lease_that_ran_out_passes_on_and_its_old_holder_writes_nothing()
    {
        var run = await _world.RunningAsync(1);
        var frozen = (await _world.TakeAsync(run, "frozen", 1, seconds: 0.2)).Single();
        (await _world.TakeAsync(run, "other", 1)).ShouldBeEmpty();
        await Task.Delay(300);
        var taken = (await _world.TakeAsync(run, "other", 1)).Single();
        taken.Epoch.ShouldBe(frozen.Epoch + 1);

        var late = await _world.OpenAsync(frozen);
        await Should.ThrowAsync<LeaseLostException>(() => late.SaveAsync([Rows.Answer(frozen.Key, 0)], new(1, 1, 1), default));
        await Should.ThrowAsync<LeaseLostException>(() => late.FinishAsync(new(ItemState.Paired, null, [Rows.Pair(frozen.Key)]), default));
        await _world.Leases.FailAsync(frozen, "late", default);
        await _world.Leases.ReleaseAsync(frozen, default);

        var item = (await _world.ItemsAsync(run)).Single();
        (item.State, item.Failures, item.Generated, item.LeaseOwner).ShouldBe((ItemState.Pending, 0, 0, "other"));
        (await _world.OpenAsync(taken)).Found.Answers.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_worker_with_an_older_epoch_is_refused_too()
    {
        var run = await _world.RunningAsync(1);
        var first = (await _world.TakeAsync(run, "w", 1)).Single();
        await _world.Leases.ReleaseAsync(first, default);
        var second = (await _world.TakeAsync(run, "w", 1)).Single();
        await Should.ThrowAsync<LeaseLostException>(
            async () => await (await _world.OpenAsync(first)).SaveAsync([], new(1, 1, 1), default));
        await (await _world.OpenAsync(second)).SaveAsync([], new(1, 1, 1), default);
    }

    [Fact]
    public async Task A_heartbeat_keeps_everything_that_a_worker_holds()
    {
        var run = await _world.RunningAsync(5);
        var held = await _world.TakeAsync(run, "w", 5, seconds: 0.5);
        for (var beat = 0; beat < 4; beat++)
        {
            await Task.Delay(250);
            await _world.Leases.HeartbeatAsync(held, TimeSpan.FromSeconds(0.5), default);
        }

        (await _world.TakeAsync(run, "other", 5)).ShouldBeEmpty();
        await Task.Delay(600);
        (await _world.TakeAsync(run, "other", 5)).Count.ShouldBe(5);
    }

    /// <summary>A worker prolonged whatever bore its name: an item that it could not give back, as the database refused, was its for
    /// ever.</summary>
    [Fact]
    public async Task A_heartbeat_lets_what_is_not_worked_on_run_out()
    {
        var run = await _world.RunningAsync(2);
        var taken = await _world.TakeAsync(run, "w", 2, seconds: 0.5);
        await _world.Leases.HeartbeatAsync([taken[0]], TimeSpan.FromMinutes(1), default);
        await Task.Delay(600);
        (await _world.TakeAsync(run, "other", 2)).ShouldHaveSingleItem().Key.ShouldBe(taken[1].Key);
        // What has passed on is not its former holder's to prolong.
        await _world.Leases.HeartbeatAsync(taken, TimeSpan.FromHours(1), default);
        (await _world.ItemsAsync(run)).Count(i => i.LeaseUntil > TimeProvider.System.GetUtcNow().AddMinutes(30)).ShouldBe(1);
    }

    [Fact]
    public async Task The_third_failure_ends_an_item_in_error()
    {
        var run = await _world.RunningAsync(1);
        for (var failure = 1; failure <= 3; failure++)
        {
            (await _world.ItemsAsync(run)).Single().State.ShouldBe(ItemState.Pending);
            await _world.Leases.FailAsync((await _world.TakeAsync(run, "w", 1)).Single(), $"failure {failure}", default);
        }

        var item = (await _world.ItemsAsync(run)).Single();
        (item.State, item.Detail, item.Failures).ShouldBe((ItemState.Error, "failure 3", 3));
        item.FinishedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task What_is_saved_is_found_again_and_the_tokens_add_up()
    {
        var run = await _world.RunningAsync(1);
        var lease = (await _world.TakeAsync(run, "w", 1)).Single();
        var journal = await _world.OpenAsync(lease);
        await journal.SaveAsync([Rows.Answer(lease.Key, 1), Rows.Answer(lease.Key, 0)], new(10, 20, 30), default);
        await journal.SaveAsync([Rows.Judgement(lease.Key, "a0")], new(1, 2, 3), default);
        await journal.SaveAsync([Rows.Node(lease.Key, "r.0", NodeOutcome.Refined)], new(0, 0, 4), default);
        await journal.SaveAsync([Rows.Node(lease.Key, "r.0", NodeOutcome.Judged, 0.8)], default, default);

        var found = (await _world.OpenAsync(lease)).Found;
        found.Answers.Select(a => a.Index).ShouldBe([0, 1]);
        found.Answers[0].Seed.ShouldBe(ulong.MaxValue);
        found.Answers[0].Tokens.ShouldBe([1, 2, 3]);
        found.Judgements.Single().Votes.Single().ShouldSatisfyAllConditions(
            v => v.Verdict.ShouldBe(Verdict.No), v => v.Tokens.ShouldBe([4, 5]));
        found.Nodes.Single().ShouldSatisfyAllConditions(n => n.Outcome.ShouldBe(NodeOutcome.Judged), n => n.Value.ShouldBe(0.8));
        var item = (await _world.ItemsAsync(run)).Single();
        (item.PrefillComputed, item.PrefillForked, item.Generated).ShouldBe((11, 22, 37));
    }

    [Fact]
    public async Task Parallel_writes_of_one_item_all_count()
    {
        var run = await _world.RunningAsync(1);
        var lease = (await _world.TakeAsync(run, "w", 1)).Single();
        var journal = await _world.OpenAsync(lease);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => journal.SaveAsync([Rows.Answer(lease.Key, i)], new(1, 2, 3), default)));
        (await _world.OpenAsync(lease)).Found.Answers.Count.ShouldBe(20);
        (await _world.ItemsAsync(run)).Single().Generated.ShouldBe(60);
    }

    [Fact]
    public async Task A_write_that_breaks_leaves_neither_rows_nor_tokens()
    {
        var run = await _world.RunningAsync(1);
        var lease = (await _world.TakeAsync(run, "w", 1)).Single();
        var journal = await _world.OpenAsync(lease);
        await journal.SaveAsync([Rows.Answer(lease.Key, 0)], new(1, 1, 1), default);
        await Should.ThrowAsync<DbUpdateException>(
            () => journal.SaveAsync([Rows.Answer(lease.Key, 1), Rows.Answer(lease.Key, 0)], new(1, 1, 1), default));
        (await _world.OpenAsync(lease)).Found.Answers.Count.ShouldBe(1);
        (await _world.ItemsAsync(run)).Single().Generated.ShouldBe(1);
    }
}
