using System.Diagnostics;

namespace SPaR.Benchmarks.Training;

/// <summary>Times several actions in turn, repeatedly, so that a busy machine slows all of them down alike.</summary>
internal static class Rounds
{
    /// <returns>The shortest time of each, in seconds. The first round is a warm-up.</returns>
    public static double[] Best(int rounds, params Action[] actions)
    {
        var best = actions.Select(_ => double.PositiveInfinity).ToArray();
        for (var round = 0; round <= rounds; round++)
            for (var i = 0; i < actions.Length; i++)
            {
                var seconds = Time(actions[i]);
                best[i] = round == 0 ? best[i] : Math.Min(best[i], seconds);
            }
        return best;
    }

    /// <returns>The best ratio of the two times within a round.</returns>
    public static double BestRatio(int rounds, Action slow, Action fast)
    {
        (slow + fast)();
        return Enumerable.Range(0, rounds).Max(_ => Time(slow) / Time(fast));
    }

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
