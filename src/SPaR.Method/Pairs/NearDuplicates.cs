namespace SPaR.Method.Pairs;

/// <summary>Finds texts whose sets of five-word runs are nearly the same, by MinHash with bands (A. Broder, 1997, "On the resemblance and
/// containment of documents"; for training data arXiv 2107.06499, section 4.2). What the bands propose is compared exactly, so no text is
/// dropped by chance.</summary>
/// <param name="similarity">The least common share of two sets (Jaccard) that makes a duplicate; 1: the same sets.</param>
internal sealed class NearDuplicates(double similarity)
{
    // Sets with 0.8 in common meet in one of the bands in all but 5 of 10⁸ cases, sets with 0.5 in 7 of 8.
    private const int Words = 5, Bands = 32, RowsPerBand = 4;

    private const double Rounding = 1e-9;

    private readonly List<HashSet<ulong>> _kept = [];
    private readonly Dictionary<(int Band, ulong Hash), List<int>> _bands = [];

    /// <returns>False if it is a duplicate of a text that was added before; then it is not added.</returns>
    public bool TryAdd(string text)
    {
        var grams = WordGrams.Of(text, Words);
        var bands = BandHashes(grams);
        var candidates = bands.SelectMany(band => _bands.GetValueOrDefault(band) ?? []).Distinct();
        if (candidates.Any(kept => AreAlike(_kept[kept], grams)))
            return false;
        foreach (var band in bands)
        {
            if (!_bands.TryGetValue(band, out var members))
                _bands[band] = members = [];
            members.Add(_kept.Count);
        }

        _kept.Add(grams);
        return true;
    }

    /// <summary>Two texts without words are alike.</summary>
    private bool AreAlike(HashSet<ulong> a, HashSet<ulong> b)
    {
        // common / (|a| + |b| - common) >= similarity, solved for the elements of a that b may lack. Texts of one pattern meet in many
        // bands, and most comparisons end after a few elements.
        var least = (int)Math.Ceiling(similarity / (1 + similarity) * (a.Count + b.Count) - Rounding);
        var missing = a.Count - least;
        foreach (var gram in a)
        {
            if (missing < 0)
                return false;
            if (!b.Contains(gram))
                missing--;
        }

        return missing >= 0;
    }

    private static (int Band, ulong Hash)[] BandHashes(HashSet<ulong> grams)
    {
        var least = new ulong[Bands * RowsPerBand];
        Array.Fill(least, ulong.MaxValue);
        foreach (var gram in grams)
        {
            var random = new RandomGenerator(gram);
            for (var row = 0; row < least.Length; row++)
                least[row] = Math.Min(least[row], random.Next());
        }

        return [.. least.Chunk(RowsPerBand).Select((rows, band) =>
            (band, rows.Aggregate((hash, row) => new RandomGenerator(hash ^ row).Next())))];
    }
}
