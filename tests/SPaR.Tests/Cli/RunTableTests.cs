using SPaR.Cli.Commands;
using SPaR.Client;

namespace SPaR.Tests.Cli;

public sealed class RunTableTests
{
    private static readonly Run Run = SparJson.Deserialize<Run>("""
        {
          "id": "run_1", "status": "succeeded", "progress": { "total": 3, "done": 3, "states": { "paired": 2, "already-good": 1 } },
          "tokens": { "generated": 5600 }, "pairs": { "count": 2, "mean_similarity": 0.875 }
        }
        """)!;

    [Fact]
    public void A_line_says_how_many_sides_of_the_pairs_follow_their_constraints() =>
        RunTable.Line(Run with { Verifier = Verified(2, 2, 1) }, null, TimeSpan.FromSeconds(7)).ShouldBe(
            "succeeded: 2 paired, 1 already-good; 2 pairs, similarity 0.875, 2 of 2 chosen and 1 of 2 rejected follow all constraints, "
            + "5,600 tokens generated, 7 s");

    [Fact]
    public void Pairs_that_are_not_trained_on_are_counted() =>
        RunTable.Line(
            Run with
            {
                Pairs = new()
                {
                    Count = 5,
                    MeanSimilarity = 0.875,
                    Filtered = new Dictionary<string, int> { ["min-similarity"] = 1, ["duplicates"] = 2 },
                },
            },
            null, TimeSpan.Zero).ShouldBe(
            "succeeded: 2 paired, 1 already-good; 5 pairs (3 filtered out), similarity 0.875, 5,600 tokens generated, 0 s");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_constraints_or_pairs_it_leaves_them_out(bool verified) =>
        RunTable.Line(Run with { Verifier = verified ? Verified(0, 0, 0) : null }, null, TimeSpan.Zero)
            .ShouldBe("succeeded: 2 paired, 1 already-good; 2 pairs, similarity 0.875, 5,600 tokens generated, 0 s");

    private static VerifierStatistics Verified(int sides, int chosen, int rejected) => SparJson.Deserialize<VerifierStatistics>(
        $$"""{ "chosen": { "count": {{sides}}, "all": {{chosen}} }, "rejected": { "count": {{sides}}, "all": {{rejected}} } }""")!;
}
