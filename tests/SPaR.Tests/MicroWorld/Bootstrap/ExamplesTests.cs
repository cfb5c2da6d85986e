using SPaR.MicroWorld;
using SPaR.MicroWorld.Bootstrap;

namespace SPaR.Tests.MicroWorld.Bootstrap;

public sealed class ExamplesTests
{
    private const string Marks
        = "<s> [INST] PROMPT [/INST] ANSWER </s> [INST] judge [/INST] CRITIQUE </s> [INST] refine [/INST] REFINED </s>";

    [Fact]
    public void A_conversation_is_written_with_the_marks_of_the_chat_template()
    {
        var (tokens, weights) = ChatFormat.Write("write about sea ;", [new("the whale .", 0.5), new("Yes", 2), new("the crab .", 1.5)]);

        string.Join(' ', tokens.Select(id => Vocabulary.Tokens[id])).ShouldBe(Marks.Replace("PROMPT", "write about sea ;")
            .Replace("ANSWER", "the whale .").Replace("CRITIQUE", "Yes").Replace("REFINED", "the crab ."));
        weights.ShouldBe([0, 0, 0, 0, 0, 0, 0, .5, .5, .5, .5, 0, 0, 0, 2, 2, 0, 0, 0, 1.5, 1.5, 1.5, 1.5]);
    }

    [Fact]
    public void Half_of_the_answers_are_imitated_and_every_critique_is_learned()
    {
        var rows = new Examples(3).Take(2000).ToList();

        ((double)rows.Count(r => r.Weights!.Value.Contains(0.5)) / rows.Count).ShouldBe(0.5, 0.04);
        rows.ShouldAllBe(r => r.Weights!.Value.Contains(2));
        rows.ShouldAllBe(r => r.Targets!.Value.Zip(r.Weights!.Value).All(t => t.First == t.Second > 0));
        rows.ShouldAllBe(r => r.Tokens!.Value.Length < 128);
    }

    [Fact]
    public void A_refinement_follows_a_no_and_nothing_follows_a_yes()
    {
        var (no, yes) = (Vocabulary.Tokens.IndexOf("No"), Vocabulary.Tokens.IndexOf("Yes"));
        foreach (var row in new Examples(3).Take(2000))
        {
            row.Tokens!.Value.Contains(no).ShouldNotBe(row.Tokens!.Value.Contains(yes));
            row.Weights!.Value.Contains(1.5).ShouldBe(row.Tokens!.Value.Contains(no));
        }
    }

    [Fact]
    public void No_example_shows_a_held_out_instruction()
    {
        var heldOut = new VerifiableMicroWorld().HeldOut(500).ToHashSet();

        foreach (var row in new Examples(3).Take(5000))
        {
            var words = row.Tokens!.Value.Select(id => Vocabulary.Tokens[id]).Skip(2).TakeWhile(word => word != "[/INST]");
            heldOut.ShouldNotContain(string.Join(' ', words));
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_examples() =>
        new Examples(3).Take(20).Select(Print).ShouldBe(new Examples(3).Take(20).Select(Print));

    private static string Print(SPaR.Abstractions.TrainingRow row)
        => $"{row.Id} {string.Join(' ', row.Tokens!)} {string.Join(' ', row.Weights!)}";
}
