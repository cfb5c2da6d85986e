namespace SPaR.HuggingFace.Config;

/// <summary>The scaling of rotation frequencies in Llama 3.1 and later (arXiv 2407.21783, section 3.4.2, as transformers computes
/// "llama3"): long waves are slowed down by the factor, short ones are left alone, and those between are interpolated.</summary>
internal static class FrequencyFactors
{
    /// <summary>What Meta published.</summary>
    private static readonly (int Original, float Low, float High) Published = (8192, 1, 4);

    /// <returns>[rotary width / 2], divisors of the frequencies in the order of the pairs.</returns>
    public static float[] Of(RopeSettings rope)
    {
        var scaling = rope.Scaling;
        var factors = new float[rope.Width / 2];
        for (var i = 0; i < factors.Length; i++)
        {
            var wave = 2 * Math.PI * Math.Pow(rope.Base, 2.0 * i / rope.Width);
            var smooth = (scaling.Original / wave - scaling.Low) / (scaling.High - scaling.Low);
            factors[i] = smooth >= 1 ? 1
                : smooth <= 0 ? scaling.Factor
                : (float)(1 / ((1 - smooth) / scaling.Factor + smooth));
        }
        return factors;
    }

    /// <summary>The scaling that gives these factors: a known one, or the published one with the largest factor as its factor.</summary>
    /// <param name="rope">Without scaling.</param>
    /// <param name="known">From the config that the model came with; null if it came without.</param>
    /// <returns>Null if there is none.</returns>
    public static RopeScaling? ScalingOf(float[] factors, RopeSettings rope, RopeScaling? known)
    {
        RopeScaling[] candidates =
            [known ?? RopeScaling.None, new("llama3", factors.Max(), Published.Original, Published.Low, Published.High)];
        return candidates.FirstOrDefault(c => c.Kind == "llama3" && Agree(factors, Of(rope with { Scaling = c })));
    }

    private static bool Agree(float[] a, float[] b) => a.Length == b.Length && a.Zip(b).All(p => Math.Abs(p.First / p.Second - 1) < 1e-4);
}
