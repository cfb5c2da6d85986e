using SPaR.Service.Trainings;

namespace SPaR.Tests.Training;

public sealed class HeldOutSplitTests
{
    [Theory]
    [InlineData(100, 0.1, 10)]
    [InlineData(10, 0.01, 1)]
    [InlineData(10, 0.99, 9)]
    [InlineData(2, 0.5, 1)]
    public void A_share_of_different_prompts_is_that_share_and_leaves_a_row_on_each_side(int rows, double share, int held) =>
        HeldOutSplit.Choose(Prompts(rows), share, 7)!.Count(h => h).ShouldBe(held);

    [Fact]
    public void A_prompt_is_never_on_both_sides_and_the_share_is_not_exceeded()
    {
        ulong[] prompts = [.. Prompts(40).SelectMany(p => Enumerable.Repeat(p, (int)(p % 5) + 1))];

        for (var seed = 0; seed < 20; seed++)
        {
            var held = HeldOutSplit.Choose(prompts, 0.2, seed)!;

            prompts.Zip(held).GroupBy(p => p.First).ShouldAllBe(g => g.Select(p => p.Second).Distinct().Count() == 1);
            held.Count(h => h).ShouldBeInRange(prompts.Length / 5 - 5, prompts.Length / 5);
        }
    }

    [Fact]
    public void The_seed_decides_and_the_order_of_the_rows_does_not()
    {
        var prompts = Prompts(50);
        var held = Held(prompts, 1);

        Held([.. prompts.Reverse()], 1).ShouldBe(held, ignoreOrder: true);
        Held(prompts, 2).ShouldNotBe(held);

        ulong[] Held(ulong[] of, long seed) => [.. of.Zip(HeldOutSplit.Choose(of, 0.2, seed)!).Where(p => p.Second).Select(p => p.First)];
    }

    [Fact]
    public void Prompts_that_are_all_larger_than_the_share_give_the_smallest() =>
        HeldOutSplit.Choose([1, 1, 1, 2, 2], 0.1, 3)!.ShouldBe([false, false, false, true, true]);

    [Fact]
    public void One_prompt_cannot_be_divided() => HeldOutSplit.Choose([5, 5, 5], 0.3, 1).ShouldBeNull();

    [Fact]
    public void Prompts_differ_by_role_and_text()
    {
        ulong[] keys =
            [HeldOutSplit.KeyOf([new("user", "a")]), HeldOutSplit.KeyOf([new("user", "b")]), HeldOutSplit.KeyOf([new("system", "a")])];

        keys.ShouldBeUnique();
        HeldOutSplit.KeyOf([new("user", "a", 0)]).ShouldBe(keys[0]);
    }

    private static ulong[] Prompts(int count) => [.. Enumerable.Range(1, count).Select(i => (ulong)i)];
}
