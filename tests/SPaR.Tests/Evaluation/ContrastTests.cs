using System.Diagnostics;
using SPaR.Evaluation.Statistics;

namespace SPaR.Tests.Evaluation;

public sealed class ContrastTests
{
    [Fact]
    public void An_evaluation_against_itself_differs_in_nothing()
    {
        var a = Drawn(1, 200, 0.6);
        var comparison = Comparison.Of(a, a, seed: 5);

        comparison.Paired.ShouldBe(200);
        foreach (var contrast in comparison.Measures.Values.Concat(comparison.Groups.Values.SelectMany(g => g.Values)))
        {
            (contrast.Difference, contrast.Low, contrast.High, contrast.PValue).ShouldBe((0, 0, 0, 1));
            (contrast.Wins, contrast.Losses).ShouldBe((0, 0));
            contrast.A.ShouldBe(contrast.B);
        }
    }

    [Fact]
    public void Exchanging_the_two_negates_the_difference_and_its_interval()
    {
        var (a, b) = (Drawn(1, 150, 0.5), Drawn(2, 150, 0.6));
        var (forth, back) = (Comparison.Of(a, b, seed: 5), Comparison.Of(b, a, seed: 5));

        forth.Measures.Keys.ShouldBe(["accuracy", "followed", "f1"]);
        foreach (var (name, contrast) in forth.Measures)
        {
            var other = back.Measures[name];
            (other.Difference, other.Low, other.High).ShouldBe((-contrast.Difference, -contrast.High, -contrast.Low), name);
            (other.PValue, other.Wins, other.Losses, other.Ties).ShouldBe(
                (contrast.PValue, contrast.Losses, contrast.Wins, contrast.Ties), name);
        }
    }

    [Fact]
    public void The_statistics_match_a_small_case_worked_out_by_hand()
    {
        // b hits three items that a misses, and a none that b misses.
        var a = Results((0, "x"), (0, "x"), (0, "y"), (1, "y"));
        var b = Results((1, "x"), (1, "x"), (1, "y"), (1, "y"));
        var comparison = Comparison.Of(a, b, seed: 1, resamples: 100_000);
        var contrast = comparison.Measures["accuracy"];

        (contrast.A.Mean, contrast.B.Mean, contrast.Difference).ShouldBe((0.25, 1, 0.75));
        (contrast.Wins, contrast.Losses, contrast.Ties).ShouldBe((3, 0, 1));
        // Of the eight ways to exchange the three that differ, two are as extreme: all, and none.
        contrast.PValue.ShouldBe(0.25, 0.01);
        // A resample has k of 4 items that differ, k binomial with 3/4: 0 has 0.4 %, 1 has 4.7 %.
        (contrast.Low, contrast.High).ShouldBe((0.25, 1));
        comparison.Groups["x"]["accuracy"].Difference.ShouldBe(1);
        comparison.Groups["y"]["accuracy"].Difference.ShouldBe(0.5);
    }

    [Fact]
    public void Items_and_measures_that_only_one_has_are_counted_and_left_out()
    {
        var a = new Dictionary<string, ItemResult> { ["1"] = Result(new Tally("accuracy", 1)), ["2"] = Result(new Tally("accuracy", 0)) };
        var b = new Dictionary<string, ItemResult>
        {
            ["2"] = Result(new("accuracy", 1), new("answer_accuracy", 1)),
            ["3"] = Result(new Tally("accuracy", 0)),
            ["4"] = Result(new Tally("accuracy", 0)),
        };
        var comparison = Comparison.Of(a, b, seed: 1);

        (comparison.Paired, comparison.OnlyA, comparison.OnlyB).ShouldBe((1, 1, 2));
        comparison.Measures.ShouldHaveSingleItem().Value.Difference.ShouldBe(1);
    }

    [Fact]
    public void Evaluations_without_a_common_item_have_nothing_to_compare() =>
        Comparison.Of(Drawn(1, 3, 0.5), new Dictionary<string, ItemResult>(), seed: 1).Measures.ShouldBeEmpty();

    [Fact]
    public void The_same_seed_gives_the_same_statistics_for_any_order_of_results()
    {
        var (a, b) = (Drawn(1, 100, 0.5), Drawn(2, 100, 0.7));
        var turned = a.Reverse().ToDictionary();

        var one = Comparison.Of(a, b, seed: 5);
        Comparison.Of(turned, b, seed: 5).Measures.ShouldBe(one.Measures);
        Comparison.Of(a, b, seed: 6).Measures["followed"].ShouldNotBe(one.Measures["followed"]);
    }

    [Fact]
    public void The_interval_of_the_difference_holds_the_truth_about_95_times_in_100_and_no_difference_is_rarely_significant()
    {
        var (held, significant) = (0, 0);
        const int Trials = 300;
        for (var trial = 0; trial < Trials; trial++)
        {
            var random = new RandomGenerator((ulong)trial);
            var (a, better, same) = (Hits(ref random, 0.5), Hits(ref random, 0.6), Hits(ref random, 0.5));
            var (differs, alike) = (Compared(a, better), Compared(a, same));
            held += differs.Low <= 0.1 && differs.High >= 0.1 ? 1 : 0;
            significant += alike.PValue <= 0.05 ? 1 : 0;
        }

        ((double)held / Trials).ShouldBeInRange(0.92, 0.975);
        ((double)significant / Trials).ShouldBeLessThan(0.08);

        static Dictionary<string, ItemResult> Hits(ref RandomGenerator random, double share)
        {
            var hits = new (int, string?)[100];
            for (var i = 0; i < hits.Length; i++)
                hits[i] = (random.Uniform() < share ? 1 : 0, null);
            return Results(hits);
        }

        static Contrast Compared(Dictionary<string, ItemResult> a, Dictionary<string, ItemResult> b) =>
            Comparison.Of(a, b, seed: 5, resamples: 500).Measures["accuracy"];
    }

    [Fact]
    public void A_benchmark_of_540_items_is_compared_within_a_second()
    {
        var (a, b) = (Drawn(1, 540, 0.5), Drawn(2, 540, 0.6));
        var watch = Stopwatch.StartNew();
        Comparison.Of(a, b, seed: 5);

        // Three measures and three groups of one take a third of a second; a machine that is busy takes longer.
        watch.Elapsed.TotalSeconds.ShouldBeLessThan(5);
    }

    /// <summary>Each item is right with the given probability, follows one to three instructions by type, and is a case of F1.</summary>
    private static Dictionary<string, ItemResult> Drawn(ulong seed, int count, double share)
    {
        var random = new RandomGenerator(seed);
        var results = new Dictionary<string, ItemResult>();
        for (var i = 0; i < count; i++)
        {
            List<Tally> tallies = [new("accuracy", random.Uniform() < share ? 1 : 0)];
            for (var type = 0; type <= i % 3; type++)
                tallies.Add(new("followed", random.Uniform() < share ? 1 : 0, Group: $"type-{type}"));
            tallies.Add(Tally.F1("f1", random.Uniform() < share, i % 2 == 0));
            results.Add($"item {i}", Result([.. tallies]));
        }

        return results;
    }

    private static Dictionary<string, ItemResult> Results(params (int Hit, string? Group)[] hits) => hits.Index().ToDictionary(
        h => $"{h.Index}", h => Result(new Tally("accuracy", h.Item.Hit, Group: h.Item.Group)));

    private static ItemResult Result(params Tally[] tallies) => new() { Tallies = [.. tallies] };
}
