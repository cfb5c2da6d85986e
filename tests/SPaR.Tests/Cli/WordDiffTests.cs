using SPaR.Cli.Trees;

namespace SPaR.Tests.Cli;

public sealed class WordDiffTests
{
    [Theory]
    [InlineData("the owl met the elf .", "the owl met the elf .", "the owl met the elf .")]
    [InlineData("the brave owl .", "the brave mirror .", "the brave -owl +mirror .")]
    [InlineData("the owl .", "slowly the owl .", "+slowly the owl .")]
    [InlineData("the owl . the elf .", "the owl .", "the owl . -the -elf -.")]
    [InlineData("", "the owl", "+the +owl")]
    [InlineData("the owl", "", "-the -owl")]
    [InlineData("", "", "")]
    [InlineData("a b", "c d", "-a -b +c +d")]
    public void Words_are_kept_removed_or_added(string before, string after, string expected) =>
        string.Join(' ', WordDiff.Between(before, after).Select(word => word.Change switch
        {
            WordChange.Removed => $"-{word.Text}",
            WordChange.Added => $"+{word.Text}",
            _ => word.Text,
        })).ShouldBe(expected);

    [Fact]
    public void White_space_makes_no_difference() =>
        WordDiff.Between("the  owl\n.", " the owl .").ShouldAllBe(word => word.Change == WordChange.Kept);
}
