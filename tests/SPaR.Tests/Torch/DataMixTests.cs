using System.Collections.Immutable;
using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

public sealed class DataMixTests
{
    [Theory]
    [InlineData(100, "1 1", "50 50")]
    [InlineData(100, "0.7 0.3", "70 30")]
    [InlineData(10, "1 1 1", "4 3 3")]
    [InlineData(7, "2 1", "5 2")]
    public void Rows_are_divided_by_weight(int rows, string weights, string counts) =>
        DataMix.Counts(rows, Weights(weights)).ShouldBe(counts.Split(' ').Select(int.Parse));

    [Fact]
    public void A_small_set_with_a_large_weight_repeats_its_rows_and_each_as_often_as_the_others()
    {
        var rows = Sets(10, 90);
        var plan = new BatchPlan(rows, 10, 3, 7, [0.5, 0.5]);

        plan.StepsPerEpoch.ShouldBe(10, "an epoch has as many rows as the sets together");
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var drawn = Epoch(plan, epoch);
            drawn.Count(r => r.Set == 0).ShouldBe(50);
            drawn.Where(r => r.Set == 0).CountBy(r => r.Id).ShouldAllBe(c => c.Value == 5);
            drawn.Where(r => r.Set == 1).CountBy(r => r.Id).ShouldAllBe(c => c.Value <= 2);
        }

        // 150 of 90 rows in three epochs: all of them once, and 60 of them twice.
        Enumerable.Range(0, 3).SelectMany(e => Epoch(plan, e)).Where(r => r.Set == 1).CountBy(r => r.Id)
            .Select(c => c.Value).Order().ShouldBe([.. Enumerable.Repeat(1, 30), .. Enumerable.Repeat(2, 60)]);
    }

    [Fact]
    public void Each_epoch_goes_on_where_the_last_one_ended()
    {
        var plan = new BatchPlan(Sets(20, 80), 10, 2, 7, [3, 1]);

        var first = Epoch(plan, 0).Where(r => r.Set == 1).Select(r => r.Id).ToHashSet();
        var second = Epoch(plan, 1).Where(r => r.Set == 1).Select(r => r.Id).ToHashSet();

        (first.Count, second.Count).ShouldBe((25, 25));
        first.Overlaps(second).ShouldBeFalse("80 rows last for more than three epochs of 25");
    }

    [Fact]
    public void A_plan_asked_at_one_step_says_what_a_plan_asked_from_the_start_says()
    {
        var rows = Sets(7, 30);
        var whole = new BatchPlan(rows, 4, 3, 5, [2, 1]);
        var steps = Enumerable.Range(0, (int)whole.Steps).Select(s => Ids(whole.At(s))).ToArray();

        for (var step = steps.Length - 1; step >= 0; step--)
            Ids(new BatchPlan(rows, 4, 3, 5, [2, 1]).At(step)).ShouldBe(steps[step]);
        Ids(new BatchPlan(rows, 4, 3, 6, [2, 1]).At(0)).ShouldNotBe(steps[0], "the seed changes the order");
    }

    private static List<Example> Epoch(BatchPlan plan, int epoch) =>
        [.. Enumerable.Range(0, (int)plan.StepsPerEpoch).SelectMany(s => plan.At(epoch * plan.StepsPerEpoch + s))];

    private static string Ids(ImmutableArray<Example> rows) => string.Join(' ', rows.Select(r => r.Id));

    private static ImmutableArray<Example> Sets(int first, int second) =>
        [.. Rows.Pairs(first + second).Select((row, i) => row with { Set = i < first ? 0 : 1 })];

    private static ImmutableArray<double> Weights(string weights) =>
        [.. weights.Split(' ').Select(w => double.Parse(w, System.Globalization.CultureInfo.InvariantCulture))];
}
