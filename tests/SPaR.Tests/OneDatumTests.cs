using SPaR.Method.Items;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests;

/// <summary>One instruction through the whole method, as a story. The engine is scripted, so every number can be checked by
/// hand.</summary>
public sealed class OneDatumTests
{
    [Fact]
    public async Task From_instruction_to_pair()
    {
        var engine = new ScriptedEngine();
        var recipe = Plain with
        {
            Sample = new() { N = 3 },
            Judge = new() { Votes = 5 },
            Refine = new() { Strategy = "bfs", Expansion = Expansion.Sequential, Depth = 2, Branch = 2, Keep = 1 },
        };

        // Sample: the actor answers three times.
        engine.WhenSampling("a good tale", "a bad tale", "an odd tale");

        // Judge: five votes on each; good (4:1), bad (1:3, one vote unreadable), a tie (2:2), which drops the answer.
        engine.WhenJudging("a good tale").Say(Yes, Yes, No, Yes, Yes);
        engine.WhenJudging("a bad tale").Say(Hm, Yes, No, No, No);
        engine.WhenJudging("an odd tale").Say(Yes, No, Hm, No, Yes);

        // Refine: the bad answer is the root. Its first child is no better, its second child comes closer.
        engine.WhenRefining("a bad tale").Say("a bad short tale", "a fair tale");
        engine.WhenJudging("a bad short tale").Say(No, No, No, No, No);
        engine.WhenJudging("a fair tale").Say(No, No, Yes, Yes, No);

        // The better one is kept and refined: first into an answer that appeared before, then into a good one.
        engine.WhenRefining("a fair tale").Say("a bad short tale", "a fine tale");
        engine.WhenJudging("a fine tale").Say(Yes, Yes, No, Yes, Yes);

        var journal = await RunAsync(engine, recipe);

        engine.Asked.ShouldBe(
        [
            "judge a good tale", "judge a bad tale", "judge an odd tale",
            "refine a bad tale", "judge a bad short tale",
            "refine a bad tale", "judge a fair tale",
            "refine a fair tale",
            "refine a fair tale", "judge a fine tale",
        ]);

        // The first judging, counted: value = yes / (yes + no).
        journal.Judgements.Where(j => j.Subject.StartsWith('a')).Select(j => (j.Subject, j.Label, j.Value, j.Critique)).ShouldBe(
        [
            ("a0", Label.Good, 0.8, 0),
            ("a1", Label.Bad, 0.25, 2),
            ("a2", Label.Tie, 0.5, (int?)null),
        ]);

        // The tree, every branch in one row.
        journal.Nodes.OrderBy(n => n.Path).Select(n => (n.Path, n.Order, n.Outcome, n.Value, n.JudgedAs)).ShouldBe(
        [
            ("r", 0, NodeOutcome.Judged, 0.25, "a1"),
            ("r.0", 1, NodeOutcome.Judged, 0.0, "r.0"),
            ("r.1", 2, NodeOutcome.Judged, 0.4, "r.1"),
            ("r.1.0", 3, NodeOutcome.Reused, 0.0, "r.0"),
            ("r.1.1", 4, NodeOutcome.Judged, 0.8, "r.1.1"),
        ]);

        // Three answers; five votes on each of them and on three nodes; four refinements, of which one said what another had said.
        journal.Cost.Generations.ShouldBe(new(3, 30, 4));

        // The end: one pair, and what the refiner can learn from.
        journal.End!.State.ShouldBe(ItemState.Paired);
        var pair = journal.End.Rows.OfType<Pair>().Single();
        (pair.Chosen, pair.ChosenFrom, pair.ChosenValue).ShouldBe(("a fine tale", "r.1.1", 0.8));
        (pair.Rejected, pair.RejectedFrom, pair.RejectedValue).ShouldBe(("a bad tale", "a1", 0.25));
        pair.Similarity.ShouldBe(2.0 / 3, 1e-12, "one of three words differs");

        journal.End.Rows.OfType<RefinerExample>().Select(e => (e.Kind, e.Source, e.Messages[^1].Content)).ShouldBe(
        [
            (ExampleKind.FirstGood, "a0", "a good tale#0.0 Yes"),
            (ExampleKind.FirstBad, "a1", "a bad tale#0.2 No"),
            (ExampleKind.Refine, "r.1.1", "a fine tale"),
            (ExampleKind.JudgePositive, "r.1.1", "a fine tale#0.0 Yes"),
            (ExampleKind.JudgeNegative, "r.1", "a fair tale#0.0 No"),
        ]);
    }
}
