using FsCheck;
using FsCheck.Fluent;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Judging;

public sealed class LogitVerdictTests
{
    private static readonly Recipe Weighed =
        Plain with { Sample = new() { N = 1 }, Judge = new() { Judging = JudgingMode.Logit }, Refine = new() { Strategy = "greedy" } };

    [Theory]
    [InlineData(0.9, Label.Good, 0)]
    [InlineData(0.1, Label.Bad, 0)]
    [InlineData(0.5, Label.Tie, null)]
    public async Task One_critique_is_asked_for_and_the_probability_of_yes_after_it_is_the_value(double yes, Label label, int? critique)
    {
        var (engine, judgement) = await JudgeAsync(yes > 0.5 ? Yes : No, yes);

        engine.Requests.Single().Seeds.Length.ShouldBe(1);
        judgement.Value!.Value.ShouldBe(yes, 1e-12);
        (judgement.Label, judgement.Critique).ShouldBe((label, critique));
        var vote = judgement.Votes.Single();
        (vote.Verdict, vote.Seed).ShouldBe((yes > 0.5 ? Yes : No, engine.Requests[0].Seeds[0]));
    }

    [Fact]
    public async Task The_verdicts_are_scored_right_where_the_critique_has_its_verdict()
    {
        var (engine, judgement) = await JudgeAsync(Yes, 0.9);

        var scored = engine.Scored.Single();
        scored.Conversation.Turns.ShouldBe(engine.Requests[0].Conversation.Turns);
        (scored.Partial + "Yes").ShouldBe(judgement.Votes[0].Text);
        scored.Continuations.ShouldBe(["Yes", "No"]);
        (scored.Priority, scored.Deterministic, scored.Purpose).ShouldBe((Priority: engine.Requests[0].Priority, false, "judge a0"));
        engine.Requests[0].Retain.ShouldBeTrue("what is scored continues the critique");
    }

    /// <summary>A verdict is sampled, so now and then it is the less likely one. Left in the critique, it would put a check that ends in
    /// Yes before a refinement, and the refiner would learn to end it so.</summary>
    [Fact]
    public async Task The_critique_ends_with_the_more_likely_verdict_whichever_was_drawn()
    {
        var (engine, judgement) = await JudgeAsync(Yes, 0.2);

        var vote = judgement.Votes.Single();
        vote.Verdict.ShouldBe(No);
        vote.Text.ShouldBe($"{engine.Scored[0].Partial}No");
        engine.Words(vote.Tokens).ShouldBe(vote.Text);
    }

    [Fact]
    public async Task A_critique_without_a_verdict_is_unreadable_and_nothing_is_scored()
    {
        var (engine, judgement) = await JudgeAsync(Hm, 0.9);

        (judgement.Label, judgement.Value, judgement.Critique).ShouldBe((Label.Unreadable, null, null));
        engine.Scored.ShouldBeEmpty();
    }

    [Fact]
    public async Task In_a_tree_a_tie_and_an_unreadable_critique_are_judged_again()
    {
        var engine = Script();
        engine.WhenJudging("half").Say([Hm]);
        engine.WhenJudging("half").Say([No]);
        var ties = 0;
        engine.ScoreBy(answer => answer == "half" && ties++ == 0 ? 0.5 : answer == "half" ? 0.7 : 0.1);

        var journal = await RunAsync(engine, Weighed);

        journal.End!.State.ShouldBe(ItemState.Paired);
        engine.Requests.Select(r => r.Purpose).ShouldBe(
            ["sample", "judge a0", "refine r.0 #0", "judge r.0 #0", "judge r.0 #1", "judge r.0 #2"]);
    }

    [Theory]
    [InlineData(0.6, ItemState.Paired)]
    [InlineData(0.4, ItemState.SearchFailed)]
    public async Task The_probability_decides_what_is_accepted(double yes, ItemState state)
    {
        var engine = Script();
        engine.WhenJudging("half").Say([Yes]);
        engine.ScoreBy(answer => answer == "half" ? yes : 0.1);

        var journal = await RunAsync(engine, Weighed);

        journal.End!.State.ShouldBe(state);
        journal.End.Rows.OfType<Method.Items.Pair>().Select(p => p.ChosenValue).ShouldAllBe(v => Math.Abs(v - yes) < 1e-12);
        engine.Held.ShouldBeEmpty("the item has ended");
    }

    /// <summary>A probability is never quite 0 or 1, so every judgement would count as split.</summary>
    [Theory]
    [InlineData(0.999, 0)]
    [InlineData(0.88, 0)]
    [InlineData(0.86, 1)]
    [InlineData(0.6, 1)]
    public async Task Only_split_judgements_teach_the_refiner_to_judge(double yes, int examples)
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("good");
        engine.WhenJudging("good").Say([No]);
        engine.ScoreBy(_ => yes);

        var journal = await RunAsync(engine, Weighed);

        var learnt = journal.End!.Rows.OfType<RefinerExample>().ToList();
        learnt.Count.ShouldBe(examples);
        foreach (var example in learnt)
            (example.Kind, example.Messages[^1].Content).ShouldBe((ExampleKind.FirstGood, "good#0.0 Yes"));
    }

    [Fact]
    public async Task No_prefix_is_held_when_nothing_will_be_refined()
    {
        var engine = Script();
        engine.ScoreBy(_ => 0.1);
        var recipe = Weighed with { Pair = new() { Source = Method.Recipes.PairSource.Independent } };

        await JudgeStageOf(Item(engine, new StoppingJournal(), recipe), "bad");

        engine.Held.ShouldBeEmpty("it was kept for the scoring only");
    }

    [Fact]
    public void Spellings_of_a_verdict_add_up()
    {
        LogitVerdict.ProbabilityOfYes(Logs(0.3, 0.1), Logs(0.05, 0.05)).ShouldNotBeNull().ShouldBe(0.8, 1e-12);
        LogitVerdict.ProbabilityOfYes([-2000, -2001], [-2000, -2001]).ShouldBe(0.5, "nothing underflows");
        LogitVerdict.ProbabilityOfYes([-2000], [-1000]).ShouldBe(0);
        LogitVerdict.ProbabilityOfYes([double.NegativeInfinity], [-3]).ShouldBe(0);
        LogitVerdict.ProbabilityOfYes([double.NegativeInfinity], [double.NegativeInfinity]).ShouldBeNull("neither can be said");
    }

    [Fact]
    public void The_label_follows_the_value() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll<NormalFloat, NormalFloat>((yes, no) =>
    {
        var value = LogitVerdict.ProbabilityOfYes([-Math.Abs(yes.Get)], [-Math.Abs(no.Get)])!.Value;
        value.ShouldBeInRange(0, 1);
        var count = VoteTally.OfProbability(value);
        count.Label.ShouldBe(value > 0.5 ? Label.Good : value < 0.5 ? Label.Bad : Label.Tie);
        (count.Critique is null).ShouldBe(count.Label == Label.Tie);
    }));

    private static double[] Logs(params double[] probabilities) => [.. probabilities.Select(p => Math.Log(p))];

    /// <summary>A bad answer with a refinement.</summary>
    private static ScriptedEngine Script()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("bad");
        engine.WhenJudging("bad").Say([No]);
        engine.WhenRefining("bad").Say("half");
        return engine;
    }

    private static async Task<(ScriptedEngine Engine, Judgement Judgement)> JudgeAsync(Verdict drawn, double yes)
    {
        var engine = new ScriptedEngine();
        engine.JudgeBy((_, _) => drawn);
        engine.ScoreBy(_ => yes);
        return (engine, await JudgeStageOf(Item(engine, new StoppingJournal(), Weighed), "answer"));
    }

    private static async Task<Judgement> JudgeStageOf(ItemRun item, string text)
    {
        var answer = new Method.Items.Answer
        {
            RunId = "run_1",
            Round = 0,
            InstructionId = "ins_1",
            Index = 0,
            Text = text,
            Tokens = [],
            Truncated = false,
            Seed = 0,
            ModelHash = "",
            PromptHash = "",
        };
        return (await JudgeStage.RunAsync(item, [answer], CancellationToken.None))[0].Judgement;
    }
}
