using SPaR.Cli.Client;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class RunTableTests
{
    private static readonly RunView Run = new(
        "run_1", "succeeded", null, new(3, 3, new Dictionary<string, int> { ["paired"] = 2, ["already-good"] = 1 }), new(0, 0, 5600),
        new(2, 0.875), null);

    [Fact]
    public void A_line_says_how_many_sides_of_the_pairs_follow_their_constraints() =>
        RunTable.Line(Run with { Verifier = new(new(2, 2), new(2, 1)) }, null, TimeSpan.FromSeconds(7)).ShouldBe(
            "succeeded: 2 paired, 1 already-good; 2 pairs, similarity 0.875, 2 of 2 chosen and 1 of 2 rejected follow all constraints, "
            + "5,600 tokens generated, 7 s");

    [Fact]
    public void Pairs_that_are_not_trained_on_are_counted() =>
        RunTable.Line(
            Run with { Pairs = new(5, 0.875, new Dictionary<string, int> { ["min-similarity"] = 1, ["duplicates"] = 2 }) }, null,
            TimeSpan.Zero).ShouldBe(
            "succeeded: 2 paired, 1 already-good; 5 pairs (3 filtered out), similarity 0.875, 5,600 tokens generated, 0 s");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_constraints_or_pairs_it_leaves_them_out(bool verified) =>
        RunTable.Line(Run with { Verifier = verified ? new(new(0, 0), new(0, 0)) : null }, null, TimeSpan.Zero)
            .ShouldBe("succeeded: 2 paired, 1 already-good; 2 pairs, similarity 0.875, 5,600 tokens generated, 0 s");
}
