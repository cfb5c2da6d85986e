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

    private readonly List<ulong[]> _kept = [];
    private readonly Dictionary<(int Band, ulong Hash), List<int>> _bands = [];

    /// <summary>For each kept text, the last text that it was compared with.</summary>
    private readonly List<int> _comparedWith = [];
    private int _texts;

    /// <returns>False if it is a duplicate of a text that was added before; then it is not added.</returns>
    public bool TryAdd(string text)
    {
        ulong[] grams = [.. WordGrams.Of(text, Words).Order()];
        var bands = BandHashes(grams);
        _texts++;
        foreach (var band in bands)
        {
            if (_bands.TryGetValue(band, out var members) && members.Exists(kept => IsNew(kept) && AreAlike(_kept[kept], grams)))
                return false;
        }

        foreach (var band in bands)
        {
            if (!_bands.TryGetValue(band, out var members))
                _bands[band] = members = [];
            members.Add(_kept.Count);
        }

        _kept.Add(grams);
        _comparedWith.Add(_texts);
        return true;
    }

    /// <summary>Texts that are alike meet in several bands.</summary>
    private bool IsNew(int kept)
    {
        var isNew = _comparedWith[kept] != _texts;
        _comparedWith[kept] = _texts;
        return isNew;
    }

    /// <summary>Two texts without words are alike.</summary>
    /// <param name="a">In order, like <paramref name="b"/>.</param>
    private bool AreAlike(ulong[] a, ulong[] b)
    {
        // common / (|a| + |b| - common) >= similarity, solved for the elements that each may have alone. Texts of one pattern meet in many
        // bands, and most comparisons end after a few elements.
        var least = (int)Math.Ceiling(similarity / (1 + similarity) * (a.Length + b.Length) - Rounding);
        var (aloneA, aloneB) = (a.Length - least, b.Length - least);
        var (i, j) = (0, 0);
        while (aloneA >= 0 && aloneB >= 0 && i < a.Length && j < b.Length)
        {
            if (a[i] == b[j])
                (i, j) = (i + 1, j + 1);
            else if (a[i] < b[j])
                (i, aloneA) = (i + 1, aloneA - 1);
            else
                (j, aloneB) = (j + 1, aloneB - 1);
        }

        return aloneA >= a.Length - i && aloneB >= b.Length - j;
    }

    private static (int Band, ulong Hash)[] BandHashes(ulong[] grams)
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
