using FsCheck;
using FsCheck.Fluent;
using SPaR.MicroWorld;

namespace SPaR.Tests.MicroWorld;

public sealed class InstructionGeneratorTests
{
    [Fact]
    public void Every_instruction_has_two_to_four_constraints_of_distinct_kinds_in_order() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), seed => new InstructionGenerator(new MicroRandom(seed)).Take(20).All(instruction =>
        {
            var kinds = instruction.Constraints.Select(c => c.Kind).ToList();
            return kinds.Count is >= 2 and <= 4 && kinds.SequenceEqual(kinds.Distinct().Order());
        })));

    [Fact]
    public void Every_word_is_of_its_constraints_class() => new InstructionGenerator(new MicroRandom(1)).Take(500)
        .ShouldAllBe(instruction => instruction.Constraints.All(c => Constraint.Words(c.Kind, instruction.Topic).Contains(c.Word)));

    [Fact]
    public void The_same_seed_gives_the_same_instructions() =>
        new InstructionGenerator(new MicroRandom(7)).Take(50).ShouldBe(new InstructionGenerator(new MicroRandom(7)).Take(50));

    [Fact]
    public void A_seed_keeps_its_instructions_from_version_to_version() =>
        new InstructionGenerator(new MicroRandom(7)).Take(2).Select(instruction => instruction.Text).ShouldBe(
        [
            "write about city ; start with today ; avoid dancer ;",
            "write about sea ; end with valley ; include drum ; avoid pirate ; use two sentences ;",
        ]);

    [Fact]
    public void All_topics_sizes_and_kinds_are_drawn_about_equally_often()
    {
        var drawn = new InstructionGenerator(new MicroRandom(3)).Take(6000).ToList();

        drawn.GroupBy(i => i.Topic).ShouldAllBe(g => g.Count() > 850 && g.Count() < 1150);
        drawn.GroupBy(i => i.Constraints.Length).ShouldAllBe(g => g.Count() > 1850 && g.Count() < 2150);
        drawn.SelectMany(i => i.Constraints).GroupBy(c => c.Kind).ShouldAllBe(g => g.Count() > 3400 && g.Count() < 3800);
    }
}
