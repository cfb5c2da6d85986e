using System.Diagnostics;
using static TorchSharp.torch;

namespace SPaR.Benchmarks;

/// <summary>What a call through the binding to libtorch costs beside the work itself: the cheapest question to a tensor, and operations
/// on tensors so small that the call is nearly all. A training step makes some hundreds of calls.</summary>
internal static class TorchBindingBenchmark
{
    private const int Calls = 200_000;
    private const int PerScope = 100;

    public static int Run()
    {
        set_num_threads(1);
        using var off = no_grad();
        using var small = ones([4]);
        using var square = ones([512, 512]);
        Print("dim of a tensor", Calls, () => { _ = small.ndim; });
        Print("view of a tensor", Calls, () => { using var seen = small.view(2, 2); });
        Print("sum of two [4]", Calls, () => { using var sum = small.add(small); });
        Print("product of two [4] in place", Calls, () => small.mul_(small));
        Print("100 sums of two [4] in a dispose scope", Calls / PerScope, () =>
        {
            using var scope = NewDisposeScope();
            for (var i = 0; i < PerScope; i++)
                small.add(small);
        });
        Print("product of two [512, 512]", 200, () => { using var product = square.matmul(square); });
        return 0;
    }

    private static void Print(string what, int calls, Action act)
    {
        for (var i = 0; i < Math.Min(calls, 1000); i++)
            act();
        var best = Enumerable.Range(0, 5).Min(_ => Time(calls, act));
        Console.WriteLine($"{what,-40} {best,12:F0} ns");
    }

    private static double Time(int calls, Action act)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++)
            act();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls;
    }
}
