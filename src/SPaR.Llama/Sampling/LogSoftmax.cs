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
        var (greatest, logSum) = Terms(logits);
        return logits[token] - greatest - logSum;
    }

    /// <summary>The log-probability of a token, and those of the most probable ones.</summary>
    /// <param name="top">How many.</param>
    /// <returns>The most probable first; of two equals the one with the lower id.</returns>
    /// <exception cref="DamagedWeightsException">A logit is not finite.</exception>
    public static (double Token, (int Token, double LogProb)[] Top) Of(ReadOnlySpan<float> logits, int token, int top)
    {
        var (greatest, logSum) = Terms(logits);
        var most = new (int Token, double LogProb)[Math.Min(top, logits.Length)];
        var found = 0;
        var least = float.NegativeInfinity;
        for (var i = 0; most.Length > 0 && i < logits.Length; i++)
        {
            if (found == most.Length && logits[i] <= least)
                continue;
            found = Math.Min(found + 1, most.Length);
            var place = found - 1;
            for (; place > 0 && logits[most[place - 1].Token] < logits[i]; place--)
                most[place] = most[place - 1];
            most[place] = (i, logits[i] - greatest - logSum);
            least = logits[most[found - 1].Token];
        }

        return (logits[token] - greatest - logSum, most);
    }

    /// <returns>max z, and log sum exp(z - max z).</returns>
    private static (double Greatest, double LogSum) Terms(ReadOnlySpan<float> logits)
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

        return (greatest, Math.Log(sum));
    }
}
