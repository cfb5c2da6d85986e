using SPaR.Method.Recipes;
using SPaR.Method.Refinement;
using SPaR.Service.Runs;

namespace SPaR.Tests.Runs;

public sealed class RunEstimateTests
{
    private static readonly Recipe Paper = new();

    // 100 instructions: 5 answers each with 5 votes, and 300 refinements, of which 200 were judged.
    private static readonly EstimateBasis Basis = new("run_1", 100, 40, 5, 5, new(500, 3500, 300), new(50_000, 700_000, 45_000), 1590);

    [Fact]
    public void The_most_is_what_the_recipe_allows()
    {
        var most = RunEstimate.MostOf(Paper, 10);

        // A tree of 3 + 2 × (2 × 3) nodes; each asked for 9 times, and judged 3 times.
        most.Generations.ShouldBe(new(50, 5 * (50 + 10 * 15 * 3), 10 * 15 * 9));
        most.Tokens.ShouldBe(new(50 * 2048, 5 * 500 * 2048, 1350 * 3072));
    }

    [Fact]
    public void The_budget_bounds_the_nodes() =>
        RunEstimate.MostOf(Paper with { Refine = Paper.Refine with { Budget = 4, Attempts = 1 } }, 10).Generations.Refine.ShouldBe(40);

    [Fact]
    public void Independent_pairs_take_no_refinement()
    {
        var recipe = Paper with { Pair = Paper.Pair with { Source = PairSource.Independent } };

        RunEstimate.MostOf(recipe, 10).Generations.ShouldBe(new(50, 250, 0));
        RunEstimate.ExpectedOf(recipe, 10, Basis).Generations.ShouldBe(new(50, 250, 0));
    }

    [Fact]
    public void What_is_expected_follows_an_earlier_run()
    {
        var expected = RunEstimate.ExpectedOf(Paper, 1000, Basis);

        expected.Generations.ShouldBe(new(5000, 35_000, 3000));
        expected.Tokens.ShouldBe(new(500_000, 7_000_000, 450_000));
        expected.Pairs.ShouldBe(400);
        expected.Seconds.ShouldBe(15_900);
    }

    [Fact]
    public void Votes_follow_the_recipe()
    {
        var expected = RunEstimate.ExpectedOf(Paper with { Judge = Paper.Judge with { Judging = JudgingMode.Logit } }, 1000, Basis);

        expected.Generations.Judge.ShouldBe(7000);
        expected.Tokens.Judge.ShouldBe(1_400_000);
    }

    [Theory]
    [InlineData("bfs", 15)]
    [InlineData("dfs", 21)]
    [InlineData("best-of-n", 15)]
    [InlineData("iterative", 3)]
    [InlineData("greedy", 1)]
    public void Each_strategy_knows_its_largest_tree(string strategy, long nodes) =>
        SearchStrategies.All[strategy].MostNodes(Paper.Refine with { Strategy = strategy }).ShouldBe(nodes);
}
