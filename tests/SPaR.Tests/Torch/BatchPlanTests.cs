using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

public sealed class BatchPlanTests
{
    [Fact]
    public void Every_epoch_has_every_row_once()
    {
        var rows = Rows.Pairs(23);
        var plan = new BatchPlan(rows, 4, 3, 7);

        plan.Steps.ShouldBe(18);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            Enumerable.Range(epoch * 6, 6).SelectMany(s => plan.At(s)).Select(r => r.Id).Order()
                .ShouldBe(rows.Select(r => r.Id).Order());
        }
    }

    [Fact]
    public void A_plan_asked_at_one_step_says_what_a_plan_asked_from_the_start_says()
    {
        var rows = Rows.Pairs(50);
        var whole = new BatchPlan(rows, 4, 3, 7);
        var steps = Enumerable.Range(0, (int)whole.Steps).Select(s => Ids(whole, s)).ToArray();

        for (var step = steps.Length - 1; step >= 0; step--)
            Ids(new BatchPlan(rows, 4, 3, 7), step).ShouldBe(steps[step]);
    }

    [Fact]
    public void Seed_and_epoch_change_the_order()
    {
        var rows = Rows.Pairs(50);

        Ids(new BatchPlan(rows, 4, 2, 1), 0).ShouldNotBe(Ids(new BatchPlan(rows, 4, 2, 2), 0));
        Enumerable.Range(0, 13).Select(s => Ids(new BatchPlan(rows, 4, 2, 1), s))
            .ShouldNotBe(Enumerable.Range(13, 13).Select(s => Ids(new BatchPlan(rows, 4, 2, 1), s)));
    }

    [Fact]
    public void Rows_of_similar_length_are_batched_together()
    {
        var rows = Rows.Pairs(64);
        var plan = new BatchPlan(rows, 8, 1, 3);

        var padded = Enumerable.Range(0, 8).Sum(s => plan.At(s).Length * plan.At(s).Max(r => r.Tokens));
        var unsorted = rows.Chunk(8).Sum(b => b.Length * b.Max(r => r.Tokens));

        padded.ShouldBeLessThan((int)(unsorted * 0.85));
    }

    private static string Ids(BatchPlan plan, int step) => string.Join(' ', plan.At(step).Select(r => r.Id));
}
