namespace SPaR.Torch.Models;

/// <summary>What a layer's attention sees, and how it rotates.</summary>
/// <param name="RopeBase">The pair i of w / 2 rotates by RopeBase^(−2i / w) per position.</param>
/// <param name="RopeScale">Positions are multiplied by this before they rotate (linear scaling; 1 is none).</param>
/// <param name="Yarn">Null without it.</param>
/// <param name="Window">How many positions one sees, itself and those before it; null: all.</param>
internal sealed record AttentionSpan(double RopeBase, double RopeScale, Yarn? Yarn = null, int? Window = null)
{
    /// <summary>Multiplies the numbers that rotate.</summary>
    public double Magnitude => Yarn?.Magnitude ?? 1;

    /// <param name="width">How much of a head rotates, w.</param>
    /// <returns>[w / 2], in radians per position.</returns>
    public double[] Frequencies(int width) =>
    [
        .. Enumerable.Range(0, width / 2)
            .Select(pair => (Yarn?.ScaleOf(pair, width, RopeBase) ?? RopeScale) * Math.Pow(RopeBase, -2.0 * pair / width)),
    ];
}
