using SPaR.Evaluation.Statistics;

namespace SPaR.Tests.Evaluation;

public sealed class BootstrapTests
{
    [Fact]
    public void The_interval_of_a_mean_is_near_the_normal_one()
    {
        var random = new RandomGenerator(3);
        var values = new double[400];
        for (var i = 0; i < values.Length; i++)
            values[i] = random.Uniform();
        var measure = Bootstrap.Of(values, v => v.Average(), 0, 1, seed: 1);

        var error = Math.Sqrt(values.Sum(v => Math.Pow(v - values.Average(), 2)) / (400 * 399.0));
        measure.Mean.ShouldBe(values.Average());
        measure.StandardError.ShouldBe(error, 0.05 * error);
        measure.Low.ShouldBe(measure.Mean - 1.96 * error, 0.1 * error);
        measure.High.ShouldBe(measure.Mean + 1.96 * error, 0.1 * error);
        measure.Count.ShouldBe(400);
    }

    [Fact]
    public void An_undefined_statistic_has_the_whole_range()
    {
        Bootstrap.Of([], (IReadOnlyList<double> _) => 1, -1, 1, seed: 1).ShouldBe(new(0, -1, 1, 0));
        Bootstrap.Of([3.0, 4.0], _ => null, -1, 1, seed: 1).ShouldBe(new(0, -1, 1, 0));
        Bootstrap.Of([0.5], v => v[0], 0, 1, seed: 1).ShouldBe(new(0.5, 0, 1, 1), "one item does not tell how others would differ");
    }

    [Fact]
    public void The_middle_leaves_as_much_above_as_below()
    {
        double[] metrics = [.. Enumerable.Range(0, 1001).Select(i => (double)i)];
        Bootstrap.Middle(metrics).ShouldBe((25, 975));
    }

    [Fact]
    public void The_generator_is_uniform_and_matches_the_reference()
    {
        // The first outputs of SplitMix64 for the seed 1234567, as its authors' C code gives them.
        var random = new RandomGenerator(1234567);
        random.Next().ShouldBe(6457827717110365317UL);
        random.Next().ShouldBe(3203168211198807973UL);

        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[random.Below(7)]++;
        counts.ShouldAllBe(c => c > 9_600 && c < 10_400);
    }
}
