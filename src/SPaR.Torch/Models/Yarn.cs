namespace SPaR.Torch.Models;

/// <summary>Position scaling by parts (YaRN, arXiv 2309.00071, equations 17 to 23): pairs that turn often within the original context keep
/// their rate, those that turn less than once are slowed by the factor s, the rest lie between; all numbers grow a little.</summary>
/// <param name="Factor">s</param>
/// <param name="OriginalContext">L, in tokens.</param>
internal sealed record Yarn(double Factor, int OriginalContext)
{
    // The paper's β and α for Llama, which llama.cpp uses unless told otherwise.
    private const double MostTurns = 32, LeastTurns = 1;

    public double Magnitude => Factor > 1 ? 0.1 * Math.Log(Factor) + 1 : 1;

    /// <returns>What the pair's rate is multiplied by, between 1 / s and 1.</returns>
    public double ScaleOf(int pair, int width, double ropeBase)
    {
        // Whole pairs, as in llama.cpp.
        var first = Math.Max(0, Math.Floor(PairOf(MostTurns, width, ropeBase)));
        var last = Math.Min(width - 1, Math.Ceiling(PairOf(LeastTurns, width, ropeBase)));
        var slowed = Math.Clamp((pair - first) / Math.Max(0.001, last - first), 0, 1); // 1 − γ
        return slowed / Factor + (1 - slowed);
    }

    /// <returns>The pair, a fraction, that makes so many turns in the original context.</returns>
    private double PairOf(double turns, int width, double ropeBase) =>
        width * Math.Log(OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(ropeBase));
}
