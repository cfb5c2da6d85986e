using System.Numerics.Tensors;

namespace SPaR.Llama.Sampling;

/// <summary>The logarithm of a token's probability in a model's own distribution: temperature 1, no filters, no penalty.</summary>
internal static class LogSoftmax
{
    private const int Part = 512;

    /// <summary>log softmax(z)[i] = z[i] - max z - log sum exp(z - max z), summed in double precision: no term is above 1, so that nothing
    /// overflows, and one is 1, so that the logarithm is of no less.</summary>
    /// <param name="logits">[vocabulary]</param>
    /// <returns>0 or less.</returns>
    /// <exception cref="DamagedWeightsException">A logit is not a number.</exception>
    public static double Of(ReadOnlySpan<float> logits, int token)
    {
        double greatest = Sampler.Greatest(logits);
        Span<double> wide = stackalloc double[Part];
        var sum = 0.0;
        for (var from = 0; from < logits.Length; from += Part)
        {
            var part = wide[..Math.Min(Part, logits.Length - from)];
            TensorPrimitives.ConvertTruncating(logits.Slice(from, part.Length), part);
            TensorPrimitives.Subtract(part, greatest, part);
            TensorPrimitives.Exp<double>(part, part);
            sum += TensorPrimitives.Sum<double>(part);
        }

        return logits[token] - greatest - Math.Log(sum);
    }
}
