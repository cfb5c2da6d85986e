using FsCheck;
using FsCheck.Fluent;
using SPaR.Pairs;
using SPaR.Refinement;
using SPaR.Runs;
using static SPaR.Tests.Items;

namespace SPaR.Tests;

/// <summary>What holds for every walk, whatever the models say.</summary>
public sealed class SelfPlayTests
{
    public static TheoryData<string, Expansion> Searches
    {
        get
        {
            var data = new TheoryData<string, Expansion>();
            foreach (var strategy in SearchStrategies.All.Keys)
            {
                data.Add(strategy, Expansion.Sequential);
                data.Add(strategy, Expansion.Parallel);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public void A_walk_stopped_at_any_write_and_resumed_ends_as_if_undisturbed(string strategy, Expansion expansion) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(8), Prop.ForAll<int>(world =>
        {
            var recipe = Wild(strategy, expansion, world);
            var undisturbed = RunAsync(Engine(world), recipe).Result;
            for (var writes = 0; writes < undisturbed.Written; writes++)
                ResumeAsync(world, recipe, writes).Result.Print().ShouldBe(undisturbed.Print(), $"stopped after {writes} writes");
        }));

    [Theory]
    [MemberData(nameof(Searches))]
    public void Whatever_the_order_of_arrival_the_same_rows_come_out(string strategy, Expansion expansion) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20), Prop.ForAll<int>(world =>
        {
            var recipe = Wild(strategy, expansion, world);
            var hurried = Engine(world);
            hurried.Pace = async request =>
            {
                for (var i = 0UL; i < request.Seeds[0] % 7; i++)
                    await Task.Yield();
            };
            RunAsync(hurried, recipe).Result.Print().ShouldBe(RunAsync(Engine(world), recipe).Result.Print());
        }));

    [Fact]
    public void Breadth_first_grows_the_same_tree_in_either_expansion() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), Prop.ForAll<int>(world =>
            RunAsync(Engine(world), Wild("bfs", Expansion.Parallel, world)).Result.Print()
                .ShouldBe(RunAsync(Engine(world), Wild("bfs", Expansion.Sequential, world)).Result.Print())));

    [Theory]
    [MemberData(nameof(Searches))]
    public void Every_walk_ends_in_one_state_and_every_branch_in_one_outcome(string strategy, Expansion expansion) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll<int>(world =>
        {
            var journal = RunAsync(Engine(world), Wild(strategy, expansion, world)).Result;
            var end = journal.End.ShouldNotBeNull();
            end.State.ShouldBeOneOf(
                ItemState.Paired, ItemState.AlreadyGood, ItemState.JudgeTie, ItemState.Unreadable, ItemState.SearchFailed);
            end.Rows.OfType<Pair>().Count().ShouldBe(end.State == ItemState.Paired ? 1 : 0);
            journal.Nodes.ShouldAllBe(n => n.Outcome != NodeOutcome.Refined);
            var orders = journal.Nodes.Where(n => n.Order is not null).Select(n => n.Order!.Value).Order().ToList();
            orders.ShouldBe(Enumerable.Range(0, orders.Count), "the tree is numbered without gaps");
            journal.Nodes.ShouldAllBe(n => n.Order == null == (n.Outcome != NodeOutcome.Judged && n.Outcome != NodeOutcome.Reused));
        }));

    [Fact]
    public async Task A_finished_step_costs_nothing_again()
    {
        var recipe = Wild("bfs", Expansion.Parallel, 3);
        var engine = Engine(3);
        var journal = new MemoryJournal { Writes = (await RunAsync(Engine(3), recipe)).Written - 1 };
        await Should.ThrowAsync<StoppedException>(new SelfPlay().WalkAsync(Walk(engine, journal, recipe), CancellationToken.None));
        var asked = engine.Requests.Count;
        await new SelfPlay().WalkAsync(Walk(engine, journal.Reopen(), recipe), CancellationToken.None);
        engine.Requests.Count.ShouldBe(asked, "only the end was missing");
    }

    [Theory]
    [InlineData("sample", "sample")]
    [InlineData("judge a1", "judge")]
    public async Task A_prompt_that_does_not_fit_ends_the_item_with_the_step(string purpose, string detail)
    {
        var engine = Engine(1);
        engine.TooLongWhen(r => r.Purpose == purpose);
        var journal = await RunAsync(engine, Wild("bfs", Expansion.Parallel, 1));
        (journal.End!.State, journal.End.Detail).ShouldBe((ItemState.TooLong, detail));
    }

    [Fact]
    public async Task A_failure_of_the_engine_leaves_the_item_open()
    {
        var engine = Engine(1);
        engine.Pace = _ => throw new InvalidOperationException("the engine is gone");
        var journal = new MemoryJournal();
        var walk = Walk(engine, journal, Plain);
        await Should.ThrowAsync<InvalidOperationException>(new SelfPlay().WalkAsync(walk, CancellationToken.None));
        journal.End.ShouldBeNull();
    }

    [Fact]
    public async Task A_cancelled_walk_leaves_the_item_open()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var journal = new MemoryJournal();
        await Should.ThrowAsync<OperationCanceledException>(
            new SelfPlay().WalkAsync(Walk(Engine(1), journal, Plain), cancelled.Token));
        journal.End.ShouldBeNull();
    }

    private static async Task<MemoryJournal> ResumeAsync(int world, Recipe recipe, int writes)
    {
        var journal = new MemoryJournal { Writes = writes };
        await Should.ThrowAsync<StoppedException>(
            new SelfPlay().WalkAsync(Walk(Engine(world), journal, recipe), CancellationToken.None));
        await new SelfPlay().WalkAsync(Walk(Engine(world), journal.Reopen(), recipe), CancellationToken.None);
        return journal;
    }

    /// <summary>Options that bring about everything: retries, ties, copies, spent budgets.</summary>
    private static Recipe Wild(string strategy, Expansion expansion, int world) => Plain with
    {
        Sample = new() { N = 3 },
        Judge = new() { Votes = 4, Attempts = 2 },
        Refine = new()
        {
            Strategy = strategy,
            Expansion = expansion,
            Depth = 3,
            Branch = 3,
            Keep = 2,
            N = 5,
            Select = world % 2 == 0 ? Selection.Greedy : Selection.ByValue,
            StopAbove = world % 3 == 0 ? 0.8 : 0.5,
            Budget = 4 + Math.Abs(world % 9),
            Attempts = 2,
        },
    };

    /// <summary>Models whose replies depend on conversation and seed only, as real ones' do. Few different answers, so that copies
    /// come up; a third of the mendings cannot be read.</summary>
    private static ScriptedEngine Engine(int world)
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("one two", "two", "three");
        engine.RefineBy((answer, seed) => Seed.Derive(world, answer, seed) % 12 is var draw && draw < 4 ? null : $"answer {draw}");
        engine.JudgeBy((answer, seed) => (Seed.Derive(world, answer, seed, "vote") % 8) switch { < 5 => No, < 7 => Yes, _ => Hm });
        return engine;
    }
}
