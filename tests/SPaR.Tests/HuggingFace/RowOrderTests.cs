using SPaR.HuggingFace;
using SPaR.HuggingFace.Config;
using SPaR.HuggingFace.Families;

namespace SPaR.Tests.HuggingFace;

public sealed class RowOrderTests
{
    private static readonly ModelShape Shape = new(1, 8, 3, 1, 8, 1, 1);

    [Fact]
    public void Halves_of_a_head_become_neighbours() =>
        Enumerable.Range(0, 16).Select(row => TensorCopy.ToGguf(TensorChange.QueryRows, Shape)!(row))
            .ShouldBe([0L, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15]);

    [Fact]
    public void Each_order_undoes_the_other()
    {
        var (there, back) = (TensorCopy.ToGguf(TensorChange.KeyRows, Shape)!, TensorCopy.ToHuggingFace(TensorChange.KeyRows, Shape)!);
        Enumerable.Range(0, 24).ShouldAllBe(row => there(back(row)) == row);
    }

    /// <summary>transformers rotates number i of a head with number i + d/2, llama.cpp number 2i with number 2i + 1.</summary>
    [Fact]
    public void Rotated_queries_and_keys_have_the_same_products_in_both_orders()
    {
        var order = TensorCopy.ToGguf(TensorChange.QueryRows, Shape)!;
        double[] q = [.. Enumerable.Range(0, 8).Select(i => Math.Sin(i + 1))], k = [.. Enumerable.Range(0, 8).Select(i => Math.Cos(3 * i))];
        double Halves(int a, int b) => Dot(RotateHalves(q, a), RotateHalves(k, b));
        double Pairs(int a, int b) => Dot(RotatePairs(Ordered(q), a), RotatePairs(Ordered(k), b));

        foreach (var (a, b) in new[] { (0, 0), (5, 2), (100, 37) })
            Pairs(a, b).ShouldBe(Halves(a, b), 1e-12);
        // Without the order the products differ.
        Math.Abs(Dot(RotatePairs(q, 5), RotatePairs(k, 2)) - Halves(5, 2)).ShouldBeGreaterThan(1e-3);

        double[] Ordered(double[] values) => [.. values.Select((_, row) => values[order(row)])];
    }

    private static double[] RotateHalves(double[] x, int position) =>
        [.. x.Select((v, i) => v * Math.Cos(Angle(i % 4, position)) + (i < 4 ? -x[i + 4] : x[i - 4]) * Math.Sin(Angle(i % 4, position)))];

    private static double[] RotatePairs(double[] x, int position) =>
        [.. x.Select((v, i) => v * Math.Cos(Angle(i / 2, position)) + (i % 2 == 0 ? -x[i + 1] : x[i - 1])
            * Math.Sin(Angle(i / 2, position)))];

    private static double Angle(int pair, int position) => position * Math.Pow(10_000, -2.0 * pair / 8);

    private static double Dot(double[] a, double[] b) => a.Zip(b).Sum(p => p.First * p.Second);
}
