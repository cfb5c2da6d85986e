using SPaR.Method.Items;
using SPaR.Method.Refinement;

namespace SPaR.Tests.Refinement;

public sealed class NodeSelectionTests
{
    [Fact]
    public void Greedy_takes_the_highest_values_and_the_first_of_equals() =>
        Names(NodeSelection.Greedy(Nodes(0.2, 0.4, 0.4, 0.1), 3)).ShouldBe(["1", "2", "0"]);

    [Fact]
    public void By_value_draws_in_proportion()
    {
        var nodes = Nodes(0.1, 0.3, 0.0, 0.4);
        var first = Enumerable.Range(0, 4000).CountBy(seed => Names(Draw(nodes, 1, seed)).Single()).ToDictionary();
        first.ShouldNotContainKey("2", "a value of 0 is not drawn while others are left");
        (first["0"] / 4000.0).ShouldBe(0.125, 0.03);
        (first["1"] / 4000.0).ShouldBe(0.375, 0.03);
        (first["3"] / 4000.0).ShouldBe(0.5, 0.03);
    }

    [Fact]
    public void By_value_draws_nothing_twice_and_the_zeros_last()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var drawn = Names(Draw(Nodes(0.0, 0.5, 0.0, 0.2), 9, seed));
            drawn.ShouldBe(["0", "1", "2", "3"], ignoreOrder: true);
            drawn.Take(2).ShouldBe(["1", "3"], ignoreOrder: true);
        }
    }

    [Fact]
    public void By_value_draws_the_same_for_the_same_seed() =>
        Names(Draw(Nodes(0.1, 0.2, 0.3), 2, 5)).ShouldBe(Names(Draw(Nodes(0.1, 0.2, 0.3), 2, 5)));

    [Theory]
    [InlineData("the whole", null, null, "the whole")]
    [InlineData("  \n", null, null, null)]
    [InlineData("Here: [[start]]\nbetter\n[[end]] Done.", "[[start]]", "[[end]]", "better")]
    [InlineData("[[start]] first [[end]] [[start]] second [[end]] [[end]]", "[[start]]", "[[end]]", "second")]
    [InlineData("[[start]] cut", "[[start]]", "[[end]]", null)]
    [InlineData("no marks [[end]]", "[[start]]", "[[end]]", null)]
    [InlineData("[[start]] [[end]]", "[[start]]", "[[end]]", null)]
    public void A_refined_answer_is_between_the_last_open_and_the_next_close(
        string reply, string? open, string? close, string? answer) =>
        AnswerReader.Read(new(open, close), reply).ShouldBe(answer);

    private static IReadOnlyList<TreeNode> Draw(IReadOnlyList<TreeNode> nodes, int keep, int seed) =>
        NodeSelection.ByValue(nodes, keep, draw => Seed.Derive(seed, draw));

    private static string[] Names(IEnumerable<TreeNode> nodes) => [.. nodes.Select(n => n.Path)];

    private static TreeNode[] Nodes(params double[] values) => [.. values.Select((value, i) => new TreeNode(
        new()
        {
            RunId = "",
            Round = 0,
            InstructionId = "",
            Path = $"{i}",
            Depth = 1,
            Outcome = NodeOutcome.Judged,
            Text = "",
            Tokens = [],
            Reply = "",
            Truncated = false,
            Attempts = 1,
            Seed = 0,
            ModelHash = "",
            PromptHash = "",
        },
        new()
        {
            RunId = "",
            Round = 0,
            InstructionId = "",
            Subject = "",
            Attempt = 0,
            Votes = [],
            Label = Label.Bad,
            Value = value,
            ModelHash = "",
            PromptHash = "",
        },
        null))];
}
