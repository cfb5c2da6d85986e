using SPaR.Evaluation.Statistics;

namespace SPaR.Tests.Evaluation;

public sealed class MeasuresTests
{
    [Fact]
    public void Single_trials_make_a_share_with_wilsons_interval() =>
        Measures.Of([.. Enumerable.Range(0, 40).Select(i => Result(new Tally("accuracy", i < 9 ? 1 : 0)))])["accuracy"]
            .ShouldBe(Measure.Share(9, 40));

    [Fact]
    public void Trials_of_one_item_are_a_cluster_of_the_ratio_of_sums()
    {
        // 4 of 7 in three items: residuals 2 - 8/7, 1 - 12/7, 1 - 8/7.
        var measure = Measures.Of(
        [
            Result(new("followed", 1), new("followed", 1)),
            Result(new("followed", 1), new("followed", 0), new("followed", 0)),
            Result(new Tally("followed", 1, 2)),
        ])["followed"];

        var error = Math.Sqrt(3.0 / 2 * (36 + 25 + 1) / 49) / 7;
        measure.Mean.ShouldBe(4.0 / 7, 1e-12);
        measure.StandardError.ShouldBe(error, 1e-12);
        measure.Low.ShouldBe(4.0 / 7 - 1.959963984540054 * error, 1e-12);
        measure.High.ShouldBe(4.0 / 7 + 1.959963984540054 * error, 1e-12);
        measure.Count.ShouldBe(3);
    }

    [Fact]
    public void An_interval_is_cut_where_no_share_can_be()
    {
        var measure = Measures.Of([Result(new Tally("soft", 0.5)), Result(new Tally("soft", 1)), Result(new Tally("soft", 1))])["soft"];

        (measure.Mean + 1.96 * measure.StandardError).ShouldBeGreaterThan(1);
        measure.High.ShouldBe(1);
    }

    [Fact]
    public void A_mean_has_the_standard_error_of_a_mean()
    {
        double[] values = [0.25, 0.5, 0.04, 0.9];
        var measure = Measures.Of([.. values.Select(v => Result(new Tally("brier_score", v)))])["brier_score"];

        measure.Mean.ShouldBe(0.4225, 1e-12);
        measure.StandardError.ShouldBe(Math.Sqrt(values.Sum(v => Math.Pow(v - 0.4225, 2)) / 3 / 4), 1e-12);
    }

    [Fact]
    public void F1_is_that_of_the_confusion_table_and_counts_the_items_that_matter()
    {
        // 60 true positives, 20 false positives, 30 false negatives: precision 3/4, recall 2/3.
        var measure = Measures.Of(
        [
            .. Cases(60, found: true, there: true), .. Cases(20, found: true, there: false), .. Cases(30, found: false, there: true),
            .. Cases(90, found: false, there: false),
        ])["f1"];

        measure.Mean.ShouldBe(2 * 0.75 * (2.0 / 3) / (0.75 + 2.0 / 3), 1e-12);
        measure.Count.ShouldBe(110);
        measure.StandardError.ShouldBeInRange(0.03, 0.05);

        static IEnumerable<ItemResult> Cases(int count, bool found, bool there) =>
            Enumerable.Repeat(Result(Tally.F1("f1", found, there)), count);
    }

    [Fact]
    public void Equal_items_count_as_wilsons_trials()
    {
        var all = Measures.Of([.. Enumerable.Repeat(Result(new("followed", 1), new("followed", 1)), 5)])["followed"];
        all.ShouldBe(Measure.Share(5, 5));
        all.Low.ShouldBeLessThan(0.6, "five items are few, though none failed");

        Measures.Of([Result(new Tally("followed", 3, 4))])["followed"].ShouldBe(Measure.Share(0.75, 1));
    }

    [Fact]
    public void A_measure_that_nobody_could_hit_says_nothing() =>
        Measures.Of([Result(new Tally("f1", 0, 0))])["f1"].ShouldBe(new(0, 0, 1, 0));

    [Fact]
    public void A_group_is_measured_by_its_own_tallies()
    {
        ItemResult[] results =
        [
            Result(new("followed", 1, Group: "case"), new("followed", 0, Group: "length"), new("whole", 0)),
            Result(new("followed", 1, Group: "length"), new("whole", 1)),
        ];

        Measures.Of(results)["followed"].Mean.ShouldBe(2.0 / 3, 1e-12);
        var groups = Measures.ByGroup(results);
        groups.Keys.ShouldBe(["case", "length"]);
        groups["case"].ShouldHaveSingleItem().Value.ShouldBe(Measure.Share(1, 1));
        groups["length"]["followed"].ShouldBe(Measure.Share(1, 2));
    }

    [Fact]
    public void The_interval_of_a_clustered_ratio_holds_the_truth_about_95_times_in_100()
    {
        var random = new RandomGenerator(20260101);
        var held = 0;
        const int Trials = 2000;
        for (var trial = 0; trial < Trials; trial++)
        {
            var measure = Measures.Of([.. Enumerable.Range(0, 120).Select(_ => Drawn(ref random))])["followed"];
            // Items have 1 to 3 trials; longer ones are followed less: (0.8 + 2 * 0.6 + 3 * 0.4) / 6.
            held += measure.Low <= 3.2 / 6 && measure.High >= 3.2 / 6 ? 1 : 0;
        }

        ((double)held / Trials).ShouldBeInRange(0.93, 0.965);

        static ItemResult Drawn(ref RandomGenerator random)
        {
            var size = 1 + random.Below(3);
            // One draw for half of the items: their trials succeed or fail together.
            var together = random.Below(2) == 0;
            var share = random.Uniform();
            var tallies = new List<Tally>();
            for (var i = 0; i < size; i++)
                tallies.Add(new("followed", (together ? share : random.Uniform()) < 1 - 0.2 * size ? 1 : 0));
            return Result([.. tallies]);
        }
    }

    private static ItemResult Result(params Tally[] tallies) => new() { Tallies = [.. tallies] };
}
