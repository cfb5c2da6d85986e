using System.Text;

namespace SPaR.Method.Pairs;

/// <summary>The runs of n words in a text, as hashes that are the same on every machine. A word is a run of letters and digits in lower
/// case; a character of a script without spaces is a word of its own.</summary>
internal static class WordGrams
{
    private const ulong Offset = 14695981039346656037, Prime = 1099511628211;

    /// <returns>The different ones. A text of fewer words is one run; a text without words has none.</returns>
    public static HashSet<ulong> Of(string text, int n)
    {
        var words = Words(text);
        var length = Math.Min(n, words.Count);
        var grams = new HashSet<ulong>();
        for (var first = 0; length > 0 && first + length <= words.Count; first++)
            grams.Add(words.Skip(first).Take(length).Aggregate((ulong)length, (hash, word) => new RandomGenerator(hash ^ word).Next()));
        return grams;
    }

    /// <summary>Each word as its hash (FNV-1a).</summary>
    private static List<ulong> Words(string text)
    {
        var (words, hash) = (new List<ulong>(), Offset);
        foreach (var rune in text.EnumerateRunes())
        {
            var joins = Rune.IsLetterOrDigit(rune);
            if ((!joins || HasNoSpaces(rune)) && hash != Offset)
            {
                words.Add(hash);
                hash = Offset;
            }

            if (!joins)
                continue;
            hash = (hash ^ (ulong)Rune.ToLowerInvariant(rune).Value) * Prime;
            if (!HasNoSpaces(rune))
                continue;
            words.Add(hash);
            hash = Offset;
        }

        if (hash != Offset)
            words.Add(hash);
        return words;
    }

    // Kana and Chinese characters.
    private static bool HasNoSpaces(Rune rune) => rune.Value is >= 0x3040 and <= 0x30FF or >= 0x3400 and <= 0x9FFF or >= 0x20000;
}
