using SPaR.Method.Items;
using SPaR.Method.Judging;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Judging;

public sealed class VotingTests
{
    [Theory]
    [InlineData("YYYYY", 3, "YYY")]
    [InlineData("YNYYN", 4, "YNYY")]
    [InlineData("YNYNN", 5, "YNYNN")]
    [InlineData("NN?NY", 4, "NN?N")]
    [InlineData("????Y", 5, "????Y")]
    public async Task An_early_stop_asks_no_more_than_the_majority_needs(string votes, int asked, string stored)
    {
        var all = await JudgeAsync(votes, earlyStop: false);
        var (engine, judgement) = await JudgeAsync(votes, earlyStop: true);

        engine.Requests.Sum(r => r.Seeds.Length).ShouldBe(asked);
        string.Concat(judgement.Votes.Select(v => v.Verdict switch { Yes => 'Y', No => 'N', _ => '?' })).ShouldBe(stored);
        judgement.Label.ShouldBe(all.Judgement.Label);
        judgement.Critique.ShouldBe(all.Judgement.Critique);
        judgement.Votes.Select(v => v.Text).ShouldBe(all.Judgement.Votes.Take(asked).Select(v => v.Text), "the same seeds by place");
    }

    [Fact]
    public async Task In_a_tree_every_vote_is_asked_as_values_rank_the_nodes()
    {
        var engine = Tree();
        var recipe = Small(new()) with { Judge = new() { Votes = 5, EarlyStop = true } };

        await RunAsync(engine, recipe);

        Asked(engine, "judge a0").ShouldBe(3);
        Asked(engine, "judge r.0 #0").ShouldBe(5);
    }

    [Fact]
    public async Task The_critique_of_a_bad_answer_is_held_until_the_answer_is_refined()
    {
        var engine = Tree();
        var held = new List<string>();
        engine.Pace = request =>
        {
            held.Add($"{request.Purpose}: {string.Join(" and ", engine.Held)}");
            return Task.CompletedTask;
        };

        await RunAsync(engine, Small(new() { Branch = 2, Depth = 2, Keep = 1 }) with { Sample = new() { N = 2 } });

        held.ShouldContain("refine r.0,r.1 #0: judge a0: 0");
        held.Single(h => h.StartsWith("refine r.0.0,", StringComparison.Ordinal)).ShouldEndWith("judge r.0 #0: 0");
        engine.Held.ShouldBeEmpty("the item has ended");
    }

    [Fact]
    public async Task No_prefix_is_held_when_nothing_will_be_refined()
    {
        var engine = Tree();
        await RunAsync(
            engine, Small(new()) with { Sample = new() { N = 2 }, Pair = new() { Source = Method.Recipes.PairSource.Independent } });
        engine.MostHeld.ShouldBe(0);
    }

    [Fact]
    public async Task Requests_have_the_priority_of_their_run_and_say_whether_they_must_be_deterministic()
    {
        var engine = Tree();
        await RunAsync(engine, Small(new()) with { Deterministic = true });
        engine.Requests.ShouldAllBe(r => r.Priority.Run == "run_1" && r.Priority.Ordinal == 0 && !r.Priority.Express && r.Deterministic);
    }

    private static ScriptedEngine Tree()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("bad", "good");
        engine.JudgeBy((answer, _) => answer == "good" ? Yes : No);
        engine.RefineBy((answer, seed) => $"{answer} {seed % 97}");
        return engine;
    }

    private static int Asked(ScriptedEngine engine, string purpose) =>
        engine.Requests.Where(r => r.Purpose == purpose).Sum(r => r.Seeds.Length);

    private static async Task<(ScriptedEngine Engine, Judgement Judgement)> JudgeAsync(string votes, bool earlyStop)
    {
        var engine = new ScriptedEngine();
        var recipe = Plain with { Judge = new() { Votes = votes.Length, EarlyStop = earlyStop } };
        var item = Item(engine, new StoppingJournal(), recipe);
        var verdicts = votes.Index().ToDictionary(
            v => item.Seed("judge", 0, v.Index), v => v.Item switch { 'Y' => Yes, 'N' => No, _ => Hm });
        engine.JudgeBy((_, seed) => verdicts[seed]);
        var answer = new Method.Items.Answer
        {
            RunId = "run_1",
            Round = 0,
            InstructionId = "ins_1",
            Index = 0,
            Text = "answer",
            Tokens = [],
            Truncated = false,
            Seed = 0,
            ModelHash = "",
            PromptHash = "",
        };
        var judged = await JudgeStage.RunAsync(item, [answer], CancellationToken.None);
        return (engine, judged[0].Judgement);
    }
}
