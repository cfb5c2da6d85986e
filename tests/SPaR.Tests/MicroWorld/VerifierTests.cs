using SPaR.MicroWorld;

namespace SPaR.Tests.MicroWorld;

public sealed class VerifierTests
{
    private const string Draft = "slowly the wolf helped the brave owl beside the lake .";

    [Theory]
    [InlineData("start with slowly", Draft, true)]
    [InlineData("start with suddenly", Draft, false)]
    [InlineData("start with slowly", "the wolf slowly helped the owl .", false)]
    [InlineData("start with slowly", "", false)]
    [InlineData("end with lake", Draft, true)]
    [InlineData("end with church", Draft, false)]
    [InlineData("end with lake", "the wolf met the owl beside the lake", false)]
    [InlineData("end with lake", "the wolf met the owl beside the lake . the owl", false)]
    [InlineData("end with lake", "the lake met the owl .", false)]
    [InlineData("end with lake", ".", false)]
    [InlineData("end with lake", "", false)]
    [InlineData("include mirror", "the wolf found the mirror .", true)]
    [InlineData("include mirror", "mirror", true)]
    [InlineData("include mirror", Draft, false)]
    [InlineData("include mirror", "the wolf found the mirrors .", false)]
    [InlineData("include mirror", "", false)]
    [InlineData("avoid fox", Draft, true)]
    [InlineData("avoid fox", "the fox found the key .", false)]
    [InlineData("avoid fox", "the foxglove found the key .", true)]
    [InlineData("avoid fox", "", true)]
    [InlineData("use one sentences", Draft, true)]
    [InlineData("use two sentences", Draft, false)]
    [InlineData("use two sentences", "the wolf met the owl . the owl met the elf .", true)]
    [InlineData("use two sentences", "the wolf met the owl . the owl met the elf . the elf", false)]
    [InlineData("use three sentences", ". . .", true)]
    [InlineData("use one sentences", "the wolf met the owl", false)]
    [InlineData("use one sentences", "", false)]
    public void Each_constraint_is_checked_exactly(string constraint, string answer, bool met) =>
        Verifier.Check(Instruction(constraint), answer).ShouldBe([met]);

    [Fact]
    public void White_space_around_and_between_words_does_not_count() =>
        Verifier.Satisfies(Instruction("start with slowly", "end with lake"), "  slowly the owl\nmet the  lake . ").ShouldBeTrue();

    [Fact]
    public void Words_that_the_language_does_not_have_are_words_like_any_other() =>
        Verifier.Satisfies(Instruction("end with lake", "avoid fox"), "Quux! the \u00e9t\u00e9 lake .").ShouldBeTrue();

    [Fact]
    public void An_answer_satisfies_an_instruction_only_with_every_constraint_met()
    {
        var instruction = Instruction("start with slowly", "end with lake", "include mirror", "avoid fox");

        Verifier.Check(instruction, Draft).ShouldBe([true, true, false, true]);
        Verifier.Satisfies(instruction, Draft).ShouldBeFalse();
        Verifier.Satisfies(instruction, "slowly the wolf helped the brave mirror beside the lake .").ShouldBeTrue();
    }

    private static MicroInstruction Instruction(params string[] constraints) =>
        MicroInstruction.Parse($"write about forest ; {string.Join(" ; ", constraints)} ;");
}
