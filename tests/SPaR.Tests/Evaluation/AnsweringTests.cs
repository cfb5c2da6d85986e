using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

public sealed class AnsweringTests : IAsyncDisposable
{
    private static readonly Recipe Three = Plain with { Sample = new() { N = 3 }, Judge = new() { Votes = 3 } };

    private readonly ScriptedEngine _engine = new();

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory]
    [InlineData(Decoding.Greedy, 0)]
    [InlineData(Decoding.Sample, 0.9)]
    public async Task One_answer_is_asked_for_and_not_judged(Decoding decoding, double temperature)
    {
        _engine.WhenSampling("first", "second", "third");
        var answered = await AskAsync(decoding, Three);

        (answered.Text, answered.Generations, answered.Judged).ShouldBe(("first", 1, 0));
        var request = _engine.Requests.ShouldHaveSingleItem();
        request.Sampling.Temperature.ShouldBe(temperature);
        request.Seeds.Length.ShouldBe(1);
        answered.Usage.Generated.ShouldBe(1);
    }

    [Fact]
    public async Task The_best_of_n_is_the_first_of_those_with_the_highest_value()
    {
        _engine.WhenSampling("poor", "good", "equal");
        _engine.WhenJudging("poor").Say(Yes, No, No);
        _engine.WhenJudging("good").Say(Yes, Yes, No);
        _engine.WhenJudging("equal").Say(No, Yes, Yes);
        var answered = await AskAsync(Decoding.BestOfN, Three);

        (answered.Text, answered.Generations, answered.Judged).ShouldBe(("good", 3, 3));
        answered.Usage.Generated.ShouldBe(3 + 9);
        _engine.Held.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_with_an_unreadable_judgement_is_chosen_last()
    {
        _engine.WhenSampling("dark", "poor", "dark");
        _engine.WhenJudging("dark").Say(Hm, Hm, Hm);
        _engine.WhenJudging("poor").Say(No, No, No);

        (await AskAsync(Decoding.BestOfN, Three)).Text.ShouldBe("poor");
    }

    [Fact]
    public async Task All_votes_are_asked_where_they_rank_answers()
    {
        _engine.WhenSampling("one", "two", "three");
        _engine.JudgeBy((_, _) => Yes);
        await AskAsync(Decoding.BestOfN, Three with { Judge = new() { Votes = 5, EarlyStop = true } });

        _engine.Requests.Where(r => r.Purpose.StartsWith("judge", StringComparison.Ordinal)).Sum(r => r.Seeds.Length).ShouldBe(15);
    }

    [Theory]
    [InlineData(Decoding.Bfs)]
    [InlineData(Decoding.Dfs)]
    public async Task A_bad_answer_is_refined_by_the_search(Decoding decoding)
    {
        _engine.WhenSampling("bad");
        _engine.JudgeBy((answer, _) => answer == "fine" ? Yes : No);
        _engine.WhenRefining("bad").Say("still", null, "fine");
        var answered = await AskAsync(decoding, Three with { Refine = new() { Strategy = "best-of-n", Branch = 3 } });

        answered.Text.ShouldBe("fine");
        // One sample and three refinements, one of them requested again because it was unreadable; "bad", "still" and "fine" judged.
        var refinements = _engine.Requests.Where(r => r.Purpose.StartsWith("refine", StringComparison.Ordinal));
        answered.Generations.ShouldBe(1 + refinements.Sum(r => r.Seeds.Length));
        answered.Judged.ShouldBe(_engine.Asked.Where(a => a.StartsWith("judge", StringComparison.Ordinal)).Distinct().Count());
        _engine.Held.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_that_is_not_bad_is_not_refined()
    {
        _engine.WhenSampling("fine");
        _engine.WhenJudging("fine").Say(Yes, Yes, No);
        var answered = await AskAsync(Decoding.Bfs, Three);

        (answered.Text, answered.Generations, answered.Judged).ShouldBe(("fine", 1, 1));
    }

    [Fact]
    public async Task When_no_refinement_is_accepted_the_first_answer_is_kept()
    {
        _engine.WhenSampling("bad");
        _engine.JudgeBy((_, _) => No);
        _engine.RefineBy((answer, seed) => $"{answer}{seed % 10}");
        var answered = await AskAsync(Decoding.Bfs, Three);

        answered.Text.ShouldBe("bad");
        answered.Generations.ShouldBe(1 + 3 + 6 + 6);
    }

    [Fact]
    public async Task The_budget_bounds_what_is_judged()
    {
        _engine.WhenSampling("bad");
        _engine.JudgeBy((_, _) => No);
        _engine.RefineBy((answer, seed) => $"{answer}.{seed}");
        var answered = await AskAsync(Decoding.Bfs, Three with { Refine = new() { Budget = 4 } });

        (answered.Generations, answered.Judged).ShouldBe((5, 5));
    }

    [Theory]
    [InlineData(Decoding.Sample, "<think>so</think>\n\nfirst", "first", "so")]
    [InlineData(Decoding.Bfs, "<think>so</think>\n\nfirst", "first", "so")]
    [InlineData(Decoding.BestOfN, "<think>so", "", "so")]
    [InlineData(Decoding.Dfs, "<think>so", "", "so")]
    public async Task The_reasoning_is_beside_the_answer(Decoding decoding, string reply, string text, string reasoning)
    {
        _engine.Reasoning = new("<think>", "</think>");
        _engine.WhenSampling(reply, reply, reply);
        _engine.JudgeBy((_, _) => Yes);

        var answered = await AskAsync(decoding, Three);

        (answered.Text, answered.Reasoning).ShouldBe((text, reasoning));
    }

    [Fact]
    public async Task A_refined_answer_has_the_reasoning_of_its_refinement()
    {
        _engine.Reasoning = new("<think>", "</think>");
        _engine.WhenSampling("bad");
        _engine.JudgeBy((answer, _) => answer == "fine" ? Yes : No);
        _engine.RefineBy((_, _) => "<think>so</think>fine");

        var answered = await AskAsync(Decoding.Bfs, Three);

        (answered.Text, answered.Reasoning).ShouldBe(("fine", "so"));
    }

    private Task<Answered> AskAsync(Decoding decoding, Recipe recipe) => Answering.AskAsync(
        new("evl_1", 0, 7, new(_engine, _engine, _engine), recipe, decoding), [new("user", "write")], CancellationToken.None);
}
