using SPaR.Cli;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class UsageErrorTests
{
    [Theory]
    [InlineData("rnu in.jsonl", "Did you mean run")]
    [InlineData("stauts", "Did you mean status?")]
    [InlineData("runs lst", "Did you mean list?")]
    [InlineData("runs --hlp", "Did you mean --help?")]
    [InlineData("runs", "needs a command: list, show")]
    [InlineData("pull", "See ./spar pull --help.")]
    public void An_error_says_what_was_probably_meant_and_where_to_look(string line, string expected)
    {
        var error = new StringWriter();

        UsageErrors.Show(SparCommand.Create().Parse(line), error).ShouldBe(2);

        error.ToString().ShouldContain(expected);
    }

    [Fact]
    public void What_resembles_nothing_gets_no_suggestion() => UsageErrors.Suggest("frobnicate", SparCommand.Create()).ShouldBeEmpty();

    [Theory]
    [InlineData("./spar ru", 9, "run", "runs")]
    [InlineData("./spar run", 10, "run", "runs")]
    [InlineData("./spar runs wa", 14, "wait")]
    [InlineData("./spar completion b", 19, "bash")]
    public void A_shell_gets_what_may_follow(string line, int position, params string[] expected) =>
        CompletionCommand.Complete(SparCommand.Create(), line, position).ShouldBe(expected, ignoreOrder: true);

    [Theory]
    [InlineData(0, "check", "--", "up", "--logs")]
    [InlineData(2, "check", "--", "up", "--lgos")]
    [InlineData(2, "check", "--", "up", "--help")]
    public void The_script_learns_whether_a_command_will_start_anything(int code, params string[] words) =>
        SparCommand.Create().Parse(words).Invoke().ShouldBe(code);
}
