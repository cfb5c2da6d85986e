using FsCheck.Fluent;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;
using static SPaR.Tests.Items;

namespace SPaR.Tests;

/// <summary>What is true of every item, whatever the models say.</summary>
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
    public async Task An_item_stopped_at_any_write_and_resumed_ends_as_if_undisturbed(string strategy, Expansion expansion)
    {
        foreach (var world in Worlds(4))
        {
            var recipe = Wild(strategy, expansion, world);
            var undisturbed = await RunAsync(Engine(world), recipe);
            for (var writes = 0; writes < undisturbed.Written; writes++)
                (await ResumeAsync(world, recipe, writes)).Print().ShouldBe(undisturbed.Print(), $"world {world}, after {writes} writes");
        }
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task The_order_of_replies_does_not_change_the_rows(string strategy, Expansion expansion)
    {
        foreach (var world in Worlds(10))
        {
            var recipe = Wild(strategy, expansion, world);
            var shuffled = Engine(world);
            shuffled.Pace = async request =>
            {
                for (var i = 0UL; i < request.Seeds[0] % 7; i++)
                    await Task.Yield();
            };
            (await RunAsync(shuffled, recipe)).Print().ShouldBe((await RunAsync(Engine(world), recipe)).Print(), $"world {world}");
        }
    }

    // Two adapters on one base left rows that nobody could tell apart.
    [Fact]
    public async Task Every_row_names_the_adapter_that_made_it()
    {
        var adapter = new AdapterFile("adapter.gguf", new('a', 64));
        var engine = new ScriptedEngine { File = new("base.gguf", new('0', 64), "scripted") { Adapter = adapter } };
        engine.WhenSampling("bad");
        engine.WhenJudging("bad").Say(No, No, No);
        engine.WhenRefining("bad").Say("good");
        engine.WhenJudging("good").Say(Yes, Yes, Yes);

        var journal = await RunAsync(engine, Small(new()));

        string[] hashes =
            [.. journal.Answers.Select(a => a.ModelHash), .. journal.Judgements.Select(j => j.ModelHash), .. journal.Nodes
                .Select(n => n.ModelHash)];
        hashes.Length.ShouldBeGreaterThanOrEqualTo(5);
        hashes.Distinct().ShouldBe([adapter.Sha256]);
    }

    [Fact]
    public async Task Breadth_first_grows_the_same_tree_in_either_expansion()
    {
        foreach (var world in Worlds(40))
        {
            var parallel = await RunAsync(Engine(world), Wild("bfs", Expansion.Parallel, world));
            var sequential = await RunAsync(Engine(world), Wild("bfs", Expansion.Sequential, world));
            parallel.Print().ShouldBe(sequential.Print(), $"world {world}");
        }
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task Every_item_ends_in_one_state_and_every_branch_in_one_outcome(string strategy, Expansion expansion)
    {
        foreach (var world in Worlds(20))
        {
            var journal = await RunAsync(Engine(world), Wild(strategy, expansion, world));
            var end = journal.End.ShouldNotBeNull();
            end.State.ShouldBeOneOf(
                ItemState.Paired, ItemState.AlreadyGood, ItemState.JudgeTie, ItemState.Unreadable, ItemState.SearchFailed);
            end.Rows.OfType<Pair>().Count().ShouldBe(end.State == ItemState.Paired ? 1 : 0);
            journal.Nodes.ShouldAllBe(n => n.Outcome != NodeOutcome.Refined);
            journal.Nodes.ShouldAllBe(n => n.Order == null == (n.Outcome != NodeOutcome.Judged && n.Outcome != NodeOutcome.Reused));
            var orders = journal.Nodes.Where(n => n.Order is not null).Select(n => n.Order!.Value).Order().ToList();
            orders.ShouldBe(Enumerable.Range(0, orders.Count), "the tree is numbered without gaps");
        }
    }

    [Fact]
    public async Task Votes_are_seeded_by_the_answer_and_the_attempt_and_refinements_by_the_position_and_the_attempt()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("bad");
        engine.WhenJudging("bad").Say(No, No, No);
        engine.WhenRefining("bad").Say(null, "torn");
        engine.WhenJudging("torn").Say(Yes, No, Hm);
        var journal = await RunAsync(engine, Small(new() { Branch = 1, Depth = 1, Attempts = 3 }));
        var first = engine.Requests.ToList();
        engine.WhenRefining("bad").Say("half", "torn");
        engine.WhenJudging("half").Say(No, Yes, No);
        engine.Requests.Clear();
        await RunAsync(engine, Small(new() { Expansion = Expansion.Sequential, Branch = 2, Depth = 1 }));
        var second = engine.Requests;

        Seeds(second, "judge r.1 #0").ShouldBe(Seeds(first, "judge r.0 #0"), "the same answer gets the same votes at another place");
        Seeds(first, "judge r.0 #1").ShouldNotBe(Seeds(first, "judge r.0 #0"));
        Seeds(first, "refine r.0 #1").ShouldNotBe(Seeds(first, "refine r.0 #0"));
        Seeds(second, "refine r.1 #0").ShouldNotBe(Seeds(second, "refine r.0 #0"));
        journal.Node("r.0").Seed.ShouldBe(Seeds(first, "refine r.0 #1").Single(), "the seed of the attempt that could be read");

        static IEnumerable<ulong> Seeds(IEnumerable<GenerationRequest> requests, string purpose) =>
            requests.Single(r => r.Purpose == purpose).Seeds;
    }

    [Fact]
    public async Task A_finished_step_costs_nothing_again()
    {
        var recipe = Wild("bfs", Expansion.Parallel, 3);
        var engine = Engine(3);
        var journal = new StoppingJournal { Writes = (await RunAsync(Engine(3), recipe)).Written - 1 };
        await Should.ThrowAsync<StoppedException>(SelfPlay.RunAsync(Item(engine, journal, recipe), CancellationToken.None));
        var asked = engine.Requests.Count;
        await SelfPlay.RunAsync(Item(engine, journal.Reopen(), recipe), CancellationToken.None);
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
        var journal = new StoppingJournal();
        var item = Item(engine, journal, Plain);
        await Should.ThrowAsync<InvalidOperationException>(SelfPlay.RunAsync(item, CancellationToken.None));
        journal.End.ShouldBeNull();
    }

    [Fact]
    public async Task A_cancelled_item_stays_open()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var journal = new StoppingJournal();
        await Should.ThrowAsync<OperationCanceledException>(
            SelfPlay.RunAsync(Item(Engine(1), journal, Plain), cancelled.Token));
        journal.End.ShouldBeNull();
    }

    /// <summary>Different in every run of the tests; a failure names its world.</summary>
    private static int[] Worlds(int count) => ArbMap.Default.GeneratorFor<int>().Sample(size: 1000, numberOfSamples: count);

    private static async Task<StoppingJournal> ResumeAsync(int world, Recipe recipe, int writes)
    {
        var journal = new StoppingJournal { Writes = writes };
        await Should.ThrowAsync<StoppedException>(
            SelfPlay.RunAsync(Item(Engine(world), journal, recipe), CancellationToken.None));
        await SelfPlay.RunAsync(Item(Engine(world), journal.Reopen(), recipe), CancellationToken.None);
        return journal;
    }

    /// <summary>Options that make everything happen: retries, ties, copies, spent budgets.</summary>
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

    /// <summary>Models whose replies depend on conversation and seed only, as real ones' do. There are few different answers, so
    /// that copies occur; a third of the refinements are unreadable.</summary>
    private static ScriptedEngine Engine(int world)
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("one two", "two", "three");
        engine.RefineBy((answer, seed) => Seed.Derive(world, answer, seed) % 12 is var draw && draw < 4 ? null : $"answer {draw}");
        engine.JudgeBy((answer, seed) => (Seed.Derive(world, answer, seed, "vote") % 8) switch { < 5 => No, < 7 => Yes, _ => Hm });
        return engine;
    }
}
