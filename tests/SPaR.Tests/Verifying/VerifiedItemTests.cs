using System.Text.Json.Nodes;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Method.Verifying;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Verifying;

public sealed class VerifiedItemTests
{
    [Theory]
    [InlineData(JudgingMode.Votes)]
    [InlineData(JudgingMode.Logit)]
    [InlineData(JudgingMode.VotesAndVerifier)]
    public async Task Every_answer_and_every_node_and_both_sides_of_a_pair_are_verified_however_they_are_judged(JudgingMode judging)
    {
        var recipe = Small(new() { Branch = 2, Depth = 1, Attempts = 1 }) with { Judge = new() { Judging = judging, Votes = 1 } };

        var journal = await RunVerifiedAsync(Refined(), recipe);

        Print(journal.Answers.Single().Verifier).ShouldBe("False/False");
        journal.Nodes.OrderBy(n => n.Path).Select(n => (n.Path, Print(n.Verifier)))
            .ShouldBe([("r", "False/False"), ("r.0", "True/True"), ("r.1", "")], "an unreadable reply has no answer to verify");
        var pair = journal.End!.Rows.OfType<Pair>().Single();
        (Print(pair.ChosenVerifier), Print(pair.RejectedVerifier)).ShouldBe(("True/True", "False/False"));
    }

    [Fact]
    public async Task Sampled_answers_that_become_a_pair_are_verified_on_both_sides()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("a, b", "a b");
        engine.WhenJudging("a, b").Say(No, No, No);
        engine.WhenJudging("a b").Say(Yes, Yes, Yes);

        var independent = new PairOptions { Source = PairSource.Independent };
        var journal = await RunVerifiedAsync(engine, Small(new()) with { Sample = new() { N = 2 }, Pair = independent });

        var pair = journal.End!.Rows.OfType<Pair>().Single();
        (Print(pair.ChosenVerifier), Print(pair.RejectedVerifier)).ShouldBe(("True/True", "False/False"));
    }

    [Fact]
    public async Task Without_constraints_nothing_is_verified_and_the_votes_decide()
    {
        var journal = await RunAsync(Refined(), Small(new() { Branch = 1, Depth = 1 }) with { Judge = Overridden });

        journal.Answers.ShouldAllBe(a => a.Verifier == null);
        journal.Nodes.ShouldAllBe(n => n.Verifier == null);
        journal.Judgements.ShouldAllBe(j => j.VotedLabel == null);
        journal.End!.Rows.OfType<Pair>().Single().ChosenVerifier.ShouldBeNull();
    }

    [Theory]
    [InlineData("bfs", Expansion.Parallel)]
    [InlineData("bfs", Expansion.Sequential)]
    [InlineData("iterative", Expansion.Parallel)]
    public async Task A_verified_item_stopped_at_any_write_and_resumed_ends_as_if_undisturbed(string strategy, Expansion expansion)
    {
        var written = 0;
        foreach (var world in Enumerable.Range(0, 6))
        {
            var recipe = Plain with
            {
                Sample = new() { N = 3 },
                Judge = new() { Votes = 4, Attempts = 2, Judging = JudgingMode.VotesAndVerifier },
                Refine = new() { Strategy = strategy, Expansion = expansion, Depth = 3, Attempts = 2 },
            };
            var undisturbed = await RunVerifiedAsync(Wild(world), recipe);
            written += undisturbed.Judgements.Count(j => j.Votes.Any(v => v.ByVerifier));
            for (var writes = 0; writes < undisturbed.Written; writes++)
            {
                var journal = new StoppingJournal { Writes = writes };
                await Should.ThrowAsync<StoppedException>(RunVerifiedAsync(Wild(world), recipe, journal));
                var resumed = await RunVerifiedAsync(Wild(world), recipe, journal.Reopen());
                resumed.Print().ShouldBe(undisturbed.Print(), $"world {world}, after {writes} writes");
            }
        }

        written.ShouldBePositive("else nothing was overridden");
    }

    internal static JudgeOptions Overridden { get; } = new() { Votes = 3, Judging = JudgingMode.VotesAndVerifier };

    /// <summary>An answer must have no comma.</summary>
    internal static IVerifier NoComma { get; } =
        ConstraintVerifier.Of(JsonNode.Parse("""[{ "id": "punctuation:no_comma" }]"""), [new("user", "write")])!;

    internal static async Task<StoppingJournal> RunVerifiedAsync(ScriptedEngine engine, Recipe recipe, StoppingJournal? journal = null)
    {
        journal ??= new();
        await SelfPlay.RunAsync(Item(engine, journal, recipe) with { Verifier = NoComma }, CancellationToken.None);
        return journal;
    }

    private static string Print(Verification? verification) =>
        verification is null ? "" : $"{verification.AllStrict}/{verification.AllLoose}";

    /// <summary>A bad answer with two refinements, one of them unreadable.</summary>
    private static ScriptedEngine Refined()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("a, b");
        engine.WhenJudging("a, b").Say(No, No, No);
        engine.ScoreBy(answer => answer == "a b" ? 0.9 : 0.1);
        engine.WhenRefining("a, b").Say("a b", null);
        engine.WhenJudging("a b").Say(Yes, Yes, Yes);
        return engine;
    }

    /// <summary>Models whose replies depend on conversation and seed only; some answers have a comma, whatever the votes say.</summary>
    private static ScriptedEngine Wild(int world)
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("one, two", "two", "three, four");
        engine.RefineBy((answer, seed) =>
            Seed.Derive(world, answer, seed) % 12 is var draw && draw < 3 ? null : $"answer{(draw % 2 == 0 ? "," : "")} {draw}");
        engine.JudgeBy((answer, seed) => (Seed.Derive(world, answer, seed, "vote") % 8) switch { < 2 => No, < 7 => Yes, _ => Hm });
        return engine;
    }
}
