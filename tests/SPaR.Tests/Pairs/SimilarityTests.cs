using FsCheck;
using FsCheck.Fluent;
using SPaR.Method.Pairs;

namespace SPaR.Tests.Pairs;

public sealed class SimilarityTests
{
    [Theory]
    [InlineData(new int[0], new int[0], 1)]
    [InlineData(new[] { 1 }, new int[0], 0)]
    [InlineData(new[] { 1, 2, 3 }, new[] { 1, 2, 3 }, 1)]
    [InlineData(new[] { 1, 2, 3, 4 }, new[] { 1, 9, 3, 4 }, 0.75)]
    [InlineData(new[] { 1, 2, 3, 4 }, new[] { 2, 3, 4 }, 0.75)]
    [InlineData(new[] { 1, 2 }, new[] { 3, 4 }, 0)]
    public void It_is_one_minus_the_edit_distance_over_the_longer_length(int[] a, int[] b, double similarity) =>
        Similarity.Of(a, b).ShouldBe(similarity);

    [Fact]
    public void It_lies_between_0_and_1_whichever_side_comes_first() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<int[], int[]>((a, b) =>
        {
            Similarity.Of(a, b).ShouldBeInRange(0, 1);
            Similarity.Of(a, b).ShouldBe(Similarity.Of(b, a));
            Similarity.Of(a, a).ShouldBe(1);
        }));

    [Fact]
    public void The_distance_is_that_of_the_definition() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll<int[], int[]>((x, y) =>
        {
            // Few different tokens, so that there is something in common.
            int[] a = [.. x.Select(v => v % 3)];
            int[] b = [.. y.Select(v => v % 3)];
            Similarity.Distance(a, b).ShouldBe(ByDefinition(a, b));
        }));

    private static int ByDefinition(int[] a, int[] b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
