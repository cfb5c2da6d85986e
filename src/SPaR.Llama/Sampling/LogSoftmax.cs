using System.Numerics.Tensors;

namespace SPaR.Llama.Sampling;

/// <summary>The log-probability of a token in the model's own distribution: temperature 1, no filters, no penalty.</summary>
internal static class LogSoftmax
{
    private const int Chunk = 512;

    /// <summary>log softmax(z)[i] = z[i] - max z - log sum exp(z - max z), summed in double precision. No term is above 1, so nothing
    /// overflows; one term is 1, so the logarithm is of at least 1.</summary>
    /// <param name="logits">[vocabulary]</param>
    /// <returns>0 or less.</returns>
    /// <exception cref="DamagedWeightsException">A logit is not finite.</exception>
    public static double Of(ReadOnlySpan<float> logits, int token)
    {
        double greatest = Sampler.Greatest(logits);
        Span<double> buffer = stackalloc double[Chunk];
        var sum = 0.0;
        for (var from = 0; from < logits.Length; from += Chunk)
        {
            var chunk = buffer[..Math.Min(Chunk, logits.Length - from)];
            TensorPrimitives.ConvertTruncating(logits.Slice(from, chunk.Length), chunk);
            TensorPrimitives.Subtract(chunk, greatest, chunk);
            TensorPrimitives.Exp<double>(chunk, chunk);
            sum += TensorPrimitives.Sum<double>(chunk);
        }

        return logits[token] - greatest - Math.Log(sum);
    }
}
