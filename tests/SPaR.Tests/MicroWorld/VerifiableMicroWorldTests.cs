using SPaR.MicroWorld;

namespace SPaR.Tests.MicroWorld;

public sealed class VerifiableMicroWorldTests
{
    private readonly VerifiableMicroWorld _world = new();

    [Fact]
    public void Held_out_instructions_are_the_same_every_time_and_a_shorter_list_begins_a_longer_one()
    {
        _world.HeldOut(50).ShouldBe(_world.HeldOut(500).Take(50));
        _world.HeldOut(2).ShouldBe(new VerifiableMicroWorld().HeldOut(2));
    }

    [Fact]
    public void No_generator_of_training_instructions_gives_one_of_them()
    {
        var heldOut = _world.HeldOut(500).ToHashSet();

        for (var seed = 0ul; seed < 20; seed++)
            new InstructionGenerator(new MicroRandom(seed)).Take(1000).ShouldAllBe(i => !heldOut.Contains(i.Text));
    }

    [Fact]
    public void About_one_instruction_in_sixteen_is_held_out()
    {
        // Every instruction with a start and an end: 6 × 16 × 16.
        var all = from topic in Vocabulary.Topics
                  from start in Vocabulary.Adverbs
                  from end in Vocabulary.Places
                  select new MicroInstruction(topic, [new(ConstraintKind.Start, start), new(ConstraintKind.End, end)]);

        ((double)all.Count(InstructionGenerator.IsHeldOut) / all.Count()).ShouldBeInRange(0.045, 0.08);
    }

    [Fact]
    public void Probes_are_fixed_drafts_whose_critique_and_truth_agree_with_the_verifier()
    {
        var probes = _world.Probes(200);

        probes.ShouldBe(new VerifiableMicroWorld().Probes(200));
        probes.Select(p => p.Prompt).ShouldBe(_world.HeldOut(200));
        probes.ShouldAllBe(p => p.Satisfies == _world.Satisfies(p.Prompt, p.Answer));
        probes.ShouldAllBe(p => p.Critique.EndsWith(p.Satisfies ? " Yes" : " No"));
        probes.Count(p => p.Satisfies).ShouldBeInRange(45, 80);
    }

    [Fact]
    public void A_prompt_of_another_language_cannot_be_verified() =>
        Should.Throw<FormatException>(() => _world.Satisfies("Write a poem.", "the owl ."));
}
