namespace SPaR.Method.Pairs;

/// <summary>How similar two answers are, by their tokens.</summary>
internal static class Similarity
{
    /// <summary>1 − edit distance / longer length; 1 for two empty answers.</summary>
    public static double Of(ReadOnlySpan<int> a, ReadOnlySpan<int> b) =>
        Math.Max(a.Length, b.Length) is var longer and > 0 ? 1 - (double)Distance(a, b) / longer : 1;

    /// <summary>The fewest tokens to insert, delete or replace (Levenshtein). Takes time in proportion to the product of the lengths,
    /// common ends excluded, and memory for one row.</summary>
    public static int Distance(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        // A refined answer usually differs only in the middle.
        var prefix = a.CommonPrefixLength(b);
        a = a[prefix..];
        b = b[prefix..];
        while (a.Length > 0 && b.Length > 0 && a[^1] == b[^1])
        {
            a = a[..^1];
            b = b[..^1];
        }

        // row[j] is the distance between the tokens of a read so far and the first j tokens of b.
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 0; i < a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < b.Length; j++)
            {
                var replaced = diagonal + (a[i] == b[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(diagonal, row[j]) + 1);
            }
        }

        return row[^1];
    }
}
