using System.Numerics;
using System.Runtime.InteropServices;

namespace SPaR.Llama.Sampling;

/// <summary>Passes over a whole vocabulary, a vector at a time. Sums run in floats over <see cref="Block"/> numbers and in doubles over
/// the blocks, so they are exact to about seven digits at any size.</summary>
internal static class VectorMath
{
    public const int Block = 1024;

    /// <summary>The greatest value.</summary>
    /// <exception cref="DamagedWeightsException">It is not finite, or some value is not a number.</exception>
    public static float Max(ReadOnlySpan<float> x)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(x);
        var best = new Vector<float>(float.NegativeInfinity);
        var numbers = Vector<int>.AllBitsSet;
        foreach (var v in vectors)
        {
            best = Vector.Max(best, v);
            numbers &= Vector.Equals(v, v);
        }
        var max = float.NegativeInfinity;
        for (var i = 0; i < Vector<float>.Count; i++)
            max = Math.Max(max, best[i]);
        foreach (var value in x[(vectors.Length * Vector<float>.Count)..])
            max = Math.Max(max, value);
        return numbers == Vector<int>.AllBitsSet && float.IsFinite(max) ? max : throw new DamagedWeightsException();
    }

    /// <summary>p = exp((x - max) · scale), exactly 1 for the greatest value and nowhere above it.</summary>
    public static void Exponentials(ReadOnlySpan<float> x, float max, float scale, Span<float> p)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(x);
        var to = MemoryMarshal.Cast<float, Vector<float>>(p);
        for (var i = 0; i < from.Length; i++)
            to[i] = Exponential(from[i], max, scale);
        // The rest by the same instructions, so that equal logits have equal weights wherever they stand.
        Span<float> rest = stackalloc float[Vector<float>.Count];
        x[(from.Length * Vector<float>.Count)..].CopyTo(rest);
        Exponential(new Vector<float>(rest), max, scale).CopyTo(rest);
        rest[..(x.Length % Vector<float>.Count)].CopyTo(p[(from.Length * Vector<float>.Count)..]);
    }

    /// <summary>The instructions' exp(0) is off by one unit in the last place, hence the selection and the minimum.</summary>
    private static Vector<float> Exponential(Vector<float> x, float max, float scale)
    {
        var shifted = x - new Vector<float>(max);
        return Vector.ConditionalSelect(
            Vector.Equals(shifted, Vector<float>.Zero), Vector<float>.One, Vector.Min(Vector.Exp(shifted * scale), Vector<float>.One));
    }

    /// <summary>Sum of the values that are at least <paramref name="floor"/>.</summary>
    public static double SumFrom(ReadOnlySpan<float> p, float floor)
    {
        var sum = 0.0;
        for (; p.Length > Block; p = p[Block..])
            sum += BlockSum(p[..Block], floor);
        return sum + BlockSum(p, floor);
    }

    /// <param name="p">At most <see cref="Block"/> values.</param>
    public static float BlockSum(ReadOnlySpan<float> p, float floor)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(p);
        var limit = new Vector<float>(floor);
        var sums = Vector<float>.Zero;
        foreach (var v in vectors)
            sums += Vector.ConditionalSelect(Vector.GreaterThanOrEqual(v, limit), v, Vector<float>.Zero);
        var sum = Vector.Sum(sums);
        foreach (var value in p[(vectors.Length * Vector<float>.Count)..])
            if (value >= floor)
                sum += value;
        return sum;
    }

    /// <summary>Number of values that are at least <paramref name="floor"/>.</summary>
    public static int CountFrom(ReadOnlySpan<float> p, float floor)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(p);
        var limit = new Vector<float>(floor);
        var counts = Vector<int>.Zero;
        foreach (var v in vectors)
            counts -= Vector.GreaterThanOrEqual(v, limit);
        var count = Vector.Sum(counts);
        foreach (var value in p[(vectors.Length * Vector<float>.Count)..])
            if (value >= floor)
                count++;
        return count;
    }

    /// <summary>Copies the values from <paramref name="floor"/> to below <paramref name="ceiling"/> to the start of
    /// <paramref name="to"/>.</summary>
    /// <returns>How many.</returns>
    public static int Gather(ReadOnlySpan<float> p, float floor, float ceiling, Span<float> to)
    {
        var count = 0;
        var step = Vector<float>.Count;
        var limit = new Vector<float>(floor);
        var i = 0;
        for (; i + step <= p.Length; i += step)
        {
            if (!Vector.GreaterThanOrEqualAny(new Vector<float>(p[i..]), limit))
                continue;
            for (var j = i; j < i + step; j++)
                if (p[j] >= floor && p[j] < ceiling)
                    to[count++] = p[j];
        }
        for (; i < p.Length; i++)
            if (p[i] >= floor && p[i] < ceiling)
                to[count++] = p[i];
        return count;
    }
}
