using System.Collections.Immutable;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Live;

namespace SPaR.Tests.Live;

public sealed class BestAnswerTests
{
    [Fact]
    public async Task The_accepted_refinement_is_the_best_answer()
    {
        var (rows, pair) = await RefineAsync("bad", Verdict.Yes);
        var best = BestAnswer.Of(rows, pair).ShouldNotBeNull();
        (best.Subject, best.Text, best.Value).ShouldBe(("r.0", "better", 1));
    }

    [Fact]
    public async Task Without_one_it_is_what_has_the_highest_value()
    {
        var (rows, pair) = await RefineAsync("bad", Verdict.No);
        pair.ShouldBeNull();
        BestAnswer.Of(rows, pair).ShouldNotBeNull().Subject.ShouldBe("a0", "the first of equals");
    }

    [Fact]
    public void An_answer_that_is_not_judged_yet_is_better_than_none()
    {
        BestAnswer.Of(ItemRecord.Empty, null).ShouldBeNull();
        var answer = new Answer
        {
            RunId = "r",
            Round = 0,
            InstructionId = "i",
            Index = 0,
            Text = "a",
            Tokens = ImmutableArray<int>.Empty,
            Truncated = true,
            Seed = 1,
            ModelHash = "",
            PromptHash = "",
        };
        BestAnswer.Of(new([answer], [], []), null).ShouldBe(new("a0", "a", null, null, null, null, Truncated: true));
    }

    private static async Task<(ItemRecord Rows, Pair? Pair)> RefineAsync(string answer, Verdict refined)
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling(answer);
        engine.WhenJudging(answer).Say(Items.No, Items.No, Items.No);
        engine.WhenRefining(answer).Say("better");
        engine.WhenJudging("better").Say(refined, refined, refined);
        var journal = new MemoryJournal();
        var item = ItemRun.Alone("p", new RunModels(engine), journal, Items.Small(new() { Strategy = "greedy" }));
        await SelfPlay.RunAsync(item, CancellationToken.None);
        return (journal.Stored, journal.Pair);
    }
}
