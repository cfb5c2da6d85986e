using SPaR.Method.Items;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Refinement;

/// <summary>What a search does, case by case; ReferenceSearchTests covers all of sequential bfs and dfs.</summary>
public sealed class SearchTests : IAsyncDisposable
{
    private readonly ScriptedEngine _engine = new();

    public SearchTests()
    {
        _engine.WhenSampling("bad");
        _engine.WhenJudging("bad").Say(No, No, No);
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Breadth_first_stops_at_the_first_level_above_the_threshold()
    {
        _engine.WhenRefining("bad").Say("good", "worse");
        _engine.WhenJudging("good").Say(Yes, Yes, Yes);
        _engine.WhenJudging("worse").Say(No, No, No);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Branch = 2, Depth = 3 });
        Tree(journal).ShouldBe(["r", "r.0", "r.1"], "the level is finished, and no other is started");
    }

    [Fact]
    public async Task The_threshold_is_strict()
    {
        _engine.WhenRefining("bad").Say("better", "best");
        _engine.WhenRefining("better").Say("best");
        _engine.WhenJudging("better").Say(Yes, Yes, No);
        _engine.WhenJudging("best").Say(Yes, Yes, Yes);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Branch = 1, Depth = 2, StopAbove = 2.0 / 3 });
        Tree(journal).ShouldBe(["r", "r.0", "r.0.0"], "a value equal to stop_above does not end the search");
    }

    [Fact]
    public async Task Breadth_first_expands_the_best_of_the_whole_level()
    {
        _engine.WhenRefining("bad").Say("one", "two", "three");
        _engine.WhenJudging("one").Say(No, No, No);
        _engine.WhenJudging("two").Say(No, Yes, No);
        _engine.WhenJudging("three").Say(No, No, No);
        _engine.WhenRefining("two").Say("four", "five", "six");
        _engine.WhenRefining("one").Say("seven", "eight", "nine");
        foreach (var answer in new[] { "four", "five", "six", "seven", "eight", "nine" })
            _engine.WhenJudging(answer).Say(No, No, No);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Branch = 3, Depth = 2, Keep = 2 });
        Tree(journal).ShouldBe(["r", "r.0", "r.1", "r.2", "r.1.0", "r.1.1", "r.1.2", "r.0.0", "r.0.1", "r.0.2"]);
    }

    [Fact]
    public async Task Breadth_first_keeps_no_more_nodes_than_a_node_has_children()
    {
        _engine.RefineBy((answer, seed) => $"{answer} {seed % 1000}");
        _engine.JudgeBy((_, _) => No);
        var journal = await Search(new() { Expansion = Expansion.Parallel, Branch = 2, Depth = 3, Keep = 4 });
        journal.Nodes.CountBy(n => n.Depth).OrderBy(d => d.Key).Select(d => d.Value).ShouldBe(
            [1, 2, 4, 4], "of the four nodes of the second level two are expanded, as in the reference");
    }

    [Fact]
    public async Task Depth_first_follows_the_best_child_to_the_bottom_before_its_sibling()
    {
        _engine.WhenRefining("bad").Say("one", "two");
        _engine.WhenJudging("one").Say(No, No, No);
        _engine.WhenJudging("two").Say(No, Yes, No);
        _engine.WhenRefining("two").Say("three", "four");
        _engine.WhenRefining("one").Say("good", "five");
        foreach (var answer in new[] { "three", "four", "five" })
            _engine.WhenJudging(answer).Say(No, No, No);
        _engine.WhenJudging("good").Say(Yes, Yes, Yes);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Strategy = "dfs", Branch = 2, Depth = 2, Keep = 2 });
        Tree(journal).ShouldBe(["r", "r.0", "r.1", "r.1.0", "r.1.1", "r.0.0", "r.0.1"]);
        journal.End!.State.ShouldBe(ItemState.Paired);
    }

    [Fact]
    public async Task Best_of_n_refines_the_root_n_times()
    {
        _engine.WhenRefining("bad").Say("one", "two", "good", "three");
        foreach (var answer in new[] { "one", "two", "three" })
            _engine.WhenJudging(answer).Say(No, No, No);
        _engine.WhenJudging("good").Say(Yes, Yes, Yes);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Strategy = "best-of-n", N = 4 });
        Tree(journal).ShouldBe(["r", "r.0", "r.1", "r.2", "r.3"]);
        journal.End!.State.ShouldBe(ItemState.Paired);
    }

    [Fact]
    public async Task Iterative_refines_the_last_answer_until_it_passes()
    {
        _engine.WhenRefining("bad").Say("one");
        _engine.WhenRefining("one").Say("good");
        _engine.WhenJudging("one").Say(No, No, No);
        _engine.WhenJudging("good").Say(Yes, Yes, Yes);
        Tree(await Search(new() { Expansion = Expansion.Sequential, Strategy = "iterative", Depth = 5 })).ShouldBe(["r", "r.0", "r.0.0"]);
    }

    [Fact]
    public async Task Greedy_refines_once()
    {
        _engine.WhenRefining("bad").Say("one");
        _engine.WhenJudging("one").Say(No, No, No);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Strategy = "greedy" });
        Tree(journal).ShouldBe(["r", "r.0"]);
        (journal.End!.State, journal.End.Detail).ShouldBe((ItemState.SearchFailed, "not-accepted"));
    }

    [Fact]
    public async Task An_unreadable_refinement_is_asked_for_again_and_then_skipped()
    {
        _engine.WhenRefining("bad").Say(null, null, null, null, "good");
        _engine.WhenJudging("good").Say(Yes, Yes, Yes);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Branch = 2, Depth = 1, Attempts = 3 });
        (journal.Node("r.0").Outcome, journal.Node("r.0").Attempts).ShouldBe((NodeOutcome.Unreadable, 3));
        (journal.Node("r.1").Outcome, journal.Node("r.1").Attempts, journal.Node("r.1").Order).ShouldBe((NodeOutcome.Judged, 2, 1));
        _engine.Requests.Where(r => r.Purpose.StartsWith("refine", StringComparison.Ordinal)).Select(r => r.Purpose)
            .ShouldBe(["refine r.0 #0", "refine r.0 #1", "refine r.0 #2", "refine r.1 #0", "refine r.1 #1"]);
    }

    [Fact]
    public async Task Nine_unreadable_refinements_end_a_branch_by_default()
    {
        _engine.WhenRefining("bad").Say([null]);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Branch = 1, Depth = 1 });
        _engine.Asked.Count(a => a == "refine bad").ShouldBe(9);
        (journal.End!.State, journal.End.Detail).ShouldBe((ItemState.SearchFailed, "no-child"));
    }

    [Fact]
    public async Task A_tie_and_an_unreadable_vote_are_judged_again()
    {
        _engine.WhenRefining("bad").Say("refined");
        _engine.WhenJudging("refined").Say(Yes, No, Hm).Say(Hm, Hm, Hm).Say(Yes, Yes, No);
        var journal = await Search(new() { Expansion = Expansion.Sequential, Branch = 1, Depth = 1 });
        var node = journal.Node("r.0");
        (node.Outcome, node.JudgedAttempt, node.Value).ShouldBe((NodeOutcome.Judged, 2, 2.0 / 3));
        journal.Judgements.Count(j => j.Subject == "r.0").ShouldBe(3, "undecided judgements are stored, too");
    }

    [Theory]
    [InlineData(Expansion.Sequential)]
    [InlineData(Expansion.Parallel)]
    public async Task After_three_ties_the_child_is_dropped_and_so_is_its_copy(Expansion expansion)
    {
        _engine.WhenRefining("bad").Say("torn", "torn");
        _engine.WhenJudging("torn").Say(Yes, No, Hm);
        var journal = await Search(new() { Expansion = expansion, Branch = 2, Depth = 2 });
        _engine.Asked.Count(a => a == "judge torn").ShouldBe(3);
        journal.Nodes.Where(n => n.Depth == 1).Select(n => (n.Outcome, n.JudgedAs, n.Label, n.Order))
            .ShouldBe([(NodeOutcome.Dropped, "r.0", Label.Tie, null), (NodeOutcome.Dropped, "r.0", Label.Tie, null)]);
        journal.End!.Detail.ShouldBe("no-child");
    }

    [Theory]
    [InlineData(Expansion.Sequential)]
    [InlineData(Expansion.Parallel)]
    public async Task An_answer_that_appeared_before_is_not_judged_again(Expansion expansion)
    {
        _engine.WhenRefining("bad").Say("same", "same", "bad");
        _engine.WhenJudging("same").Say(No, Yes, No);
        var journal = await Search(new() { Expansion = expansion, Branch = 3, Depth = 1 });
        _engine.Asked.Count(a => a == "judge same").ShouldBe(1);
        journal.Nodes.Where(n => n.Depth == 1).Select(n => (n.Outcome, n.JudgedAs, n.Value, n.Order)).ShouldBe(
            [(NodeOutcome.Judged, "r.0", 1.0 / 3, 1), (NodeOutcome.Reused, "r.0", 1.0 / 3, 2), (NodeOutcome.Reused, "a0", 0, 3)]);
    }

    [Theory]
    [InlineData("bfs", Expansion.Sequential, 4)]
    [InlineData("bfs", Expansion.Parallel, 4)]
    [InlineData("dfs", Expansion.Parallel, 4)]
    [InlineData("best-of-n", Expansion.Parallel, 4)]
    [InlineData("iterative", Expansion.Sequential, 4)]
    public async Task The_budget_counts_every_node(string strategy, Expansion expansion, int budget)
    {
        _engine.RefineBy((answer, seed) => $"{answer} {seed % 1000}");
        _engine.JudgeBy((_, _) => No);
        var journal = await Search(new() { Strategy = strategy, Expansion = expansion, Branch = 3, Depth = 9, Budget = budget });
        journal.Nodes.Count(n => n.Order > 0).ShouldBe(budget);
        (journal.End!.State, journal.End.Detail).ShouldBe((ItemState.SearchFailed, "budget"));
    }

    [Fact]
    public async Task A_branch_that_gives_no_node_costs_no_budget()
    {
        _engine.WhenRefining("bad").Say(null, "one", "two");
        _engine.WhenJudging("one").Say(No, No, No);
        _engine.WhenJudging("two").Say(No, No, No);
        var journal = await Search(new() { Expansion = Expansion.Parallel, Branch = 3, Depth = 1, Budget = 2, Attempts = 1 });
        journal.Nodes.OrderBy(n => n.Path).Select(n => (n.Path, n.Outcome)).ShouldBe(
        [
            ("r", NodeOutcome.Judged), ("r.0", NodeOutcome.Unreadable), ("r.1", NodeOutcome.Judged), ("r.2", NodeOutcome.Judged),
        ]);
    }

    [Fact]
    public async Task A_request_that_does_not_fit_ends_its_branch_only()
    {
        _engine.WhenRefining("bad").Say("long", "fair");
        _engine.WhenJudging("fair").Say(No, Yes, No);
        _engine.TooLongWhen(r => r.Purpose.StartsWith("refine r.1.", StringComparison.Ordinal)
            || r.Purpose.StartsWith("judge r.0 ", StringComparison.Ordinal));
        var journal = await Search(new() { Expansion = Expansion.Sequential, Branch = 2, Depth = 2 });
        journal.Nodes.OrderBy(n => n.Path).Select(n => (n.Path, n.Outcome, n.Text)).ShouldBe(
        [
            ("r", NodeOutcome.Judged, "bad"),
            ("r.0", NodeOutcome.TooLong, "long"),
            ("r.1", NodeOutcome.Judged, "fair"),
            ("r.1.0", NodeOutcome.TooLong, ""),
            ("r.1.1", NodeOutcome.TooLong, ""),
        ]);
        journal.End!.State.ShouldBe(ItemState.SearchFailed);
    }

    [Fact]
    public async Task Parallel_siblings_are_one_request_and_only_the_unreadable_are_asked_for_again()
    {
        _engine.WhenRefining("bad").Say("one", null, "two", "three");
        foreach (var answer in new[] { "one", "two", "three" })
            _engine.WhenJudging(answer).Say(No, No, No);
        var journal = await Search(new() { Expansion = Expansion.Parallel, Branch = 3, Depth = 1 });
        _engine.Requests.Where(r => r.Purpose.StartsWith("refine", StringComparison.Ordinal)).Select(r => (r.Purpose, r.Seeds.Length))
            .ShouldBe([("refine r.0,r.1,r.2 #0", 3), ("refine r.1 #1", 1)]);
        journal.Nodes.OrderBy(n => n.Path).Select(n => n.Text).ShouldBe(["bad", "one", "three", "two"]);
    }

    private Task<StoppingJournal> Search(SearchOptions options) => RunAsync(_engine, Small(options));

    /// <summary>The paths of the tree in the order in which the nodes were added.</summary>
    private static string[] Tree(StoppingJournal journal) =>
        [.. journal.Nodes.Where(n => n.Order is not null).OrderBy(n => n.Order).Select(n => n.Path)];
}
