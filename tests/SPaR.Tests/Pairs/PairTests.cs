using SPaR.Method.Items;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Pairs;

public sealed class PairTests
{
    [Theory]
    [InlineData(0.5, ItemState.Paired)]
    [InlineData(2.0 / 3, ItemState.SearchFailed)]
    public async Task A_refined_answer_is_chosen_only_above_accept(double accept, ItemState state)
    {
        var journal = await RefineAsync([Yes, Yes, No], accept);
        journal.End!.State.ShouldBe(state);
        journal.End.Detail.ShouldBe(state == ItemState.Paired ? null : "not-accepted");
    }

    [Fact]
    public async Task The_answer_itself_is_never_chosen_over_itself()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("bad");
        engine.WhenJudging("bad").Say(No, Yes, No);
        engine.WhenRefining("bad").Say("bad");
        var journal = await RunAsync(engine, Small(new() { Strategy = "greedy" }) with { Pair = new() { Accept = 0.1 } });
        (journal.End!.State, journal.End.Detail).ShouldBe((ItemState.SearchFailed, "not-accepted"));
    }

    [Fact]
    public async Task Accept_decides_on_a_pair_whatever_ended_the_search()
    {
        var journal = await RefineAsync([Yes, Yes, No], accept: 0.5, stopAbove: 0.9);
        journal.End!.State.ShouldBe(ItemState.Paired, "the search never stopped early, yet its best node is good enough");
    }

    [Fact]
    public async Task The_same_item_gives_the_same_pair_id()
    {
        var one = (await RefineAsync([Yes, Yes, Yes])).End!.Rows.OfType<Pair>().Single();
        var two = (await RefineAsync([Yes, Yes, No])).End!.Rows.OfType<Pair>().Single();
        one.Id.ShouldMatch("^pair_[0-9a-f]{32}$");
        two.Id.ShouldBe(one.Id);
    }

    [Fact]
    public async Task Independent_pairs_take_a_good_answer_over_a_bad_one_without_a_search()
    {
        var engine = Sampled("good", "bad", "tied");
        var journal = await RunAsync(engine, Independent(3));
        var pair = journal.End!.Rows.OfType<Pair>().Single();
        (pair.Chosen, pair.ChosenFrom, pair.Rejected, pair.RejectedFrom).ShouldBe(("good", "a0", "bad", "a1"));
        journal.Nodes.ShouldBeEmpty();
        engine.Asked.ShouldAllBe(a => a.StartsWith("judge"));
    }

    [Fact]
    public async Task Independent_pairs_need_a_good_and_a_bad_answer() =>
        (await RunAsync(Sampled("bad", "tied"), Independent(2))).End!.State.ShouldBe(ItemState.NoContrast);

    [Fact]
    public async Task An_empty_answer_is_never_chosen()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("bad", "");
        engine.WhenJudging("bad").Say(No, No, No);
        engine.WhenJudging("").Say(Yes, Yes, Yes);
        (await RunAsync(engine, Independent(2))).End!.State.ShouldBe(ItemState.NoContrast);
    }

    [Fact]
    public async Task One_text_judged_both_ways_is_no_contrast()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("same", "same");
        engine.WhenJudging("same").Say(Yes, Yes, Yes).Say(No, No, No);
        (await RunAsync(engine, Independent(2))).End!.State.ShouldBe(ItemState.NoContrast);
    }

    [Fact]
    public async Task Both_sources_reject_the_same_answer()
    {
        string[] samples = ["bad one", "good", "bad two", "bad three"];
        for (var seed = 0; seed < 20; seed++)
        {
            var independent = await RunAsync(Sampled(samples), Independent(4), seed);
            var engine = Sampled(samples);
            foreach (var bad in samples)
                engine.WhenRefining(bad).Say("good enough");
            engine.WhenJudging("good enough").Say(Yes, Yes, Yes);
            var refined = await RunAsync(engine, Independent(4) with { Pair = new() }, seed);
            Rejected(refined).ShouldBe(Rejected(independent), "so the baseline differs in the chosen side only");
        }

        static string Rejected(StoppingJournal journal) => journal.End!.Rows.OfType<Pair>().Single().RejectedFrom;
    }

    private static Recipe Independent(int samples) =>
        Small(new()) with { Sample = new() { N = samples }, Pair = new() { Source = PairSource.Independent } };

    private static ScriptedEngine Sampled(params string[] answers)
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling(answers);
        foreach (var answer in answers)
        {
            engine.WhenJudging(answer).Say(answer.Split(' ')[0] switch
            {
                "good" => [Yes, Yes, Yes],
                "bad" => [No, No, No],
                _ => [Yes, No, Hm],
            });
        }

        return engine;
    }

    private static Task<StoppingJournal> RefineAsync(Verdict[] votes, double accept = 0.5, double stopAbove = 0.5)
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("bad");
        engine.WhenJudging("bad").Say(No, No, No);
        engine.WhenRefining("bad").Say("refined");
        engine.WhenJudging("refined").Say(votes);
        return RunAsync(engine, Small(new() { Branch = 1, Depth = 1, StopAbove = stopAbove }) with { Pair = new() { Accept = accept } });
    }
}
