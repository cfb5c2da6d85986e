using System.Diagnostics;

namespace SPaR.Benchmarks.Training;

/// <summary>Times several things in turn, again and again, so that a busy machine is busy for all of them.</summary>
internal static class Rounds
{
    /// <returns>The shortest time of each, in seconds; the first round warms up.</returns>
    public static double[] Best(int rounds, params Action[] acts)
    {
        var best = acts.Select(_ => double.PositiveInfinity).ToArray();
        for (var round = 0; round <= rounds; round++)
            for (var i = 0; i < acts.Length; i++)
            {
                var seconds = Time(acts[i]);
                best[i] = round == 0 ? best[i] : Math.Min(best[i], seconds);
            }
        return best;
    }

    /// <returns>The best quotient of the two times in one of the rounds.</returns>
    public static double BestRatio(int rounds, Action slow, Action fast)
    {
        (slow + fast)();
        return Enumerable.Range(0, rounds).Max(_ => Time(slow) / Time(fast));
    }

    private static double Time(Action act)
    {
        var start = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
