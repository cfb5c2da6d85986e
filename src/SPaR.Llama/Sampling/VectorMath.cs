using System.Numerics;
using System.Runtime.InteropServices;

namespace SPaR.Llama.Sampling;

/// <summary>Passes that TensorPrimitives lacks: they skip values below a floor, in vectors of the CPU's width.</summary>
internal static class VectorMath
{
    /// <summary>The sum of the values whose rank is at least <paramref name="floor"/>, in floats: for about a thousand values.</summary>
    /// <param name="ranks">As many as values.</param>
    public static float SumFrom(ReadOnlySpan<float> values, ReadOnlySpan<float> ranks, float floor)
    {
        var x = MemoryMarshal.Cast<float, Vector<float>>(values);
        var r = MemoryMarshal.Cast<float, Vector<float>>(ranks)[..x.Length];
        var limit = new Vector<float>(floor);
        // Two sums, so that one addition need not wait for the other.
        var (even, odd) = (Vector<float>.Zero, Vector<float>.Zero);
        var i = 0;
        for (; i < x.Length - 1; i += 2)
        {
            even += Vector.ConditionalSelect(Vector.GreaterThanOrEqual(r[i], limit), x[i], Vector<float>.Zero);
            odd += Vector.ConditionalSelect(Vector.GreaterThanOrEqual(r[i + 1], limit), x[i + 1], Vector<float>.Zero);
        }
        if (i < x.Length)
            even += Vector.ConditionalSelect(Vector.GreaterThanOrEqual(r[i], limit), x[i], Vector<float>.Zero);
        var sum = Vector.Sum(even + odd);
        for (i = x.Length * Vector<float>.Count; i < values.Length; i++)
            if (ranks[i] >= floor)
                sum += values[i];
        return sum;
    }

    /// <summary>The number of values of at least <paramref name="floor"/>.</summary>
    public static int CountFrom(ReadOnlySpan<float> values, float floor)
    {
        var x = MemoryMarshal.Cast<float, Vector<float>>(values);
        var limit = new Vector<float>(floor);
        var counts = Vector<int>.Zero;
        foreach (var v in x)
            counts -= Vector.GreaterThanOrEqual(v, limit);
        var count = Vector.Sum(counts);
        foreach (var value in values[(x.Length * Vector<float>.Count)..])
            if (value >= floor)
                count++;
        return count;
    }

    /// <summary>Copies the values from <paramref name="floor"/> to below <paramref name="ceiling"/> to the start of
    /// <paramref name="to"/>. Fast if they are few.</summary>
    /// <returns>How many.</returns>
    public static int Gather(ReadOnlySpan<float> values, float floor, float ceiling, Span<float> to)
    {
        var count = 0;
        var step = Vector<float>.Count;
        var limit = new Vector<float>(floor);
        var i = 0;
        for (; i + step <= values.Length; i += step)
        {
            if (!Vector.GreaterThanOrEqualAny(new Vector<float>(values[i..]), limit))
                continue;
            foreach (var value in values.Slice(i, step))
                if (value >= floor && value < ceiling)
                    to[count++] = value;
        }
        foreach (var value in values[i..])
            if (value >= floor && value < ceiling)
                to[count++] = value;
        return count;
    }
}
