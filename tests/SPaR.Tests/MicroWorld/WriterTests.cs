using SPaR.MicroWorld;

namespace SPaR.Tests.MicroWorld;

public sealed class WriterTests
{
    private const int Many = 20_000;

    [Fact]
    public void The_demonstrators_drafts_satisfy_each_kind_of_constraint_as_often_as_intended()
    {
        var random = new MicroRandom(13);
        var met = new InstructionGenerator(new MicroRandom(3)).Take(Many).SelectMany(instruction =>
            instruction.Constraints.Zip(Verifier.Check(instruction, Demonstrator.Write(random, instruction))))
            .GroupBy(c => c.First.Kind, c => c.Second).ToDictionary(g => g.Key, g => (double)g.Count(ok => ok) / g.Count());

        met[ConstraintKind.Start].ShouldBe(0.76, 0.02);
        met[ConstraintKind.End].ShouldBe(0.66, 0.02);
        met[ConstraintKind.Include].ShouldBe(0.52, 0.02);
        met[ConstraintKind.Avoid].ShouldBe(0.73, 0.02);
        met[ConstraintKind.Use].ShouldBe(0.66, 0.02);
    }

    [Fact]
    public void About_three_drafts_in_ten_satisfy_everything()
    {
        var satisfied = Drafts().Count(d => Verifier.Satisfies(d.Instruction, d.Answer));

        ((double)satisfied / Many).ShouldBe(0.31, 0.02);
    }

    [Fact]
    public void A_careful_writer_satisfies_nearly_everything()
    {
        var random = new MicroRandom(11);
        new InstructionGenerator(new MicroRandom(3)).Take(Many)
            .Count(i => Verifier.Satisfies(i, Demonstrator.Write(random, i, least: 1))).ShouldBeGreaterThan(Many * 999 / 1000);
    }

    [Fact]
    public void The_critique_says_of_each_constraint_what_the_verifier_says()
    {
        foreach (var (instruction, answer) in Drafts())
        {
            var words = Critic.Write(instruction, answer).Split(' ');
            var marks = words.Where(w => w is "ok" or "bad").Select(w => w == "ok");
            marks.ShouldBe(Verifier.Check(instruction, answer), answer);
            words[^1].ShouldBe(Verifier.Satisfies(instruction, answer) ? "Yes" : "No");
        }
    }

    [Theory]
    [InlineData("start with slowly", "slowly the owl met the elf .", "start slowly ok Yes")]
    [InlineData("start with slowly", "the owl met the elf .", "start the bad No")]
    [InlineData("start with slowly", "", "start . bad No")]
    [InlineData("end with lake", "the owl met the elf .", "end elf bad No")]
    [InlineData("include mirror", "the mirror met the elf . the mirror .", "include mirror . ok Yes")]
    [InlineData("include mirror", "the owl met the elf .", "include mirror ; bad No")]
    [InlineData("avoid fox", "the fox met the elf .", "avoid fox met bad No")]
    [InlineData("avoid fox", "the owl met the elf .", "avoid fox ; ok Yes")]
    [InlineData("use one sentences", "the owl met the elf . the elf met the owl .", "use two bad No")]
    [InlineData("use one sentences", ". . . .", "use . bad No")]
    public void The_critique_quotes_what_it_found(string constraint, string answer, string critique) =>
        Critic.Write(MicroInstruction.Parse($"write about forest ; {constraint} ;"), answer).ShouldBe(critique);

    [Fact]
    public void Refining_every_constraint_satisfies_them_all()
    {
        var random = new MicroRandom(12);
        var refined = Drafts().Count(d => Verifier.Satisfies(
            d.Instruction, string.Join(' ', Refiner.Refine(random, d.Instruction, d.Instruction.Constraints, [.. d.Answer.Split(' ')]))));

        // Not always: the included word may replace the only word that another constraint needs, over and over.
        refined.ShouldBeGreaterThan(Many * 999 / 1000);
    }

    [Fact]
    public void A_refinement_changes_only_what_is_broken()
    {
        var instruction = MicroInstruction.Parse("write about forest ; start with slowly ; include mirror ;");
        Refiner.Refine(
            new MicroRandom(1), instruction, instruction.Constraints,
            [.. "slowly the wolf helped the brave owl beside the lake .".Split(' ')])
            .ShouldBe("slowly the wolf helped the brave mirror beside the lake .".Split(' '));
    }

    [Fact]
    public void A_draft_has_only_words_that_the_model_knows() =>
        Drafts().ShouldAllBe(d => d.Answer.Split(' ', StringSplitOptions.None).All(word => Vocabulary.Tokens.Contains(word)));

    private static IEnumerable<(MicroInstruction Instruction, string Answer)> Drafts()
    {
        var random = new MicroRandom(11);
        return new InstructionGenerator(new MicroRandom(3)).Take(Many).Select(i => (i, Demonstrator.Write(random, i)));
    }
}
