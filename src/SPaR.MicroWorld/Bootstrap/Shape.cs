namespace SPaR.MicroWorld.Bootstrap;

/// <summary>The shape of the model.</summary>
internal static class Shape
{
    public const int Width = 128, Layers = 3, Heads = 4, HeadWidth = Width / Heads, FeedForward = 256, Context = 512;

    public const double RopeBase = 1000, NormEpsilon = 1e-5;

    /// <summary>The rotation of a pair of a head's numbers (of 16), in radians per position.</summary>
    public static double RopeRate(int pair) => Math.Pow(RopeBase, -2.0 * pair / HeadWidth);
}
