using FsCheck;
using FsCheck.Fluent;
using SPaR.MicroWorld;

namespace SPaR.Tests.MicroWorld;

public sealed class MicroInstructionTests
{
    [Fact]
    public void An_instruction_reads_as_one_line_of_words() =>
        new MicroInstruction("forest",
        [
            new(ConstraintKind.Start, "slowly"), new(ConstraintKind.End, "lake"), new(ConstraintKind.Include, "mirror"),
            new(ConstraintKind.Avoid, "fox"), new(ConstraintKind.Use, "one"),
        ]).Text.ShouldBe(
            "write about forest ; start with slowly ; end with lake ; include mirror ; avoid fox ; use one sentences ;");

    [Fact]
    public void Parsing_gives_back_what_was_written() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(
        ArbMap.Default.ArbFor<ulong>(),
        seed =>
        {
            var instruction = new InstructionGenerator(new MicroRandom(seed)).Next();
            return MicroInstruction.Parse(instruction.Text).Equals(instruction);
        }));

    [Theory]
    [InlineData("")]
    [InlineData(" ;")]
    [InlineData("write about forest")]
    [InlineData("write about kitchen ;")]
    [InlineData("write about forest ; include mirror")]
    [InlineData("write about forest ; include fox ;")]
    [InlineData("write about forest ; avoid whale ;")]
    [InlineData("write about forest ; use four sentences ;")]
    [InlineData("write about forest ; include mirror ; start with slowly ;")]
    [InlineData("write about forest ; include mirror ; include key ;")]
    [InlineData("write about forest ;  include mirror ;")]
    [InlineData("Write a poem about the sea.")]
    public void Other_text_is_not_an_instruction(string text)
    {
        MicroInstruction.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => MicroInstruction.Parse(text)).Message.ShouldContain($"'{text}'");
    }
}
