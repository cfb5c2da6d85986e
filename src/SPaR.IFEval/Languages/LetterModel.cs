namespace SPaR.IFEval.Languages;

/// <summary>Tells the languages of one script apart: naive Bayes over runs of one to three letters, as in Cavnar and Trenkle, "N-Gram-
/// Based Text Categorization" (1994) and its successors, learnt from a paragraph of each language.</summary>
internal sealed class LetterModel
{
    private const int Longest = 3;

    /// <summary>Added to every count, so that a run that a paragraph lacks does not rule out its language.</summary>
    private const double Unseen = 0.3;

    /// <summary>The log-likelihood by which the best language must exceed the next. Runs overlap, so this is less than it looks.</summary>
    private const double Margin = 3;

    private readonly string[] _languages;
    private readonly Dictionary<long, float[]> _runs; // run of letters -> log P(run | language) [language]

    private LetterModel(IReadOnlyList<Sample> samples)
    {
        _languages = [.. samples.Select(s => s.Language)];
        var counts = new Dictionary<long, int[]>(); // [language]
        var totals = new int[Longest + 1, samples.Count]; // [length, language]
        foreach (var (language, sample) in samples.Index())
        {
            foreach (var (run, length) in Runs(sample.Words))
            {
                if (!counts.TryGetValue(run, out var count))
                    counts[run] = count = new int[samples.Count];
                count[language]++;
                totals[length, language]++;
            }
        }

        var distinct = new int[Longest + 1]; // [length]
        foreach (var run in counts.Keys)
            distinct[Length(run)]++;
        _runs = counts.ToDictionary(c => c.Key, c => Enumerable.Range(0, samples.Count)
            .Select(l => (float)Math.Log(
                (c.Value[l] + Unseen) / (totals[Length(c.Key), l] + (Unseen * distinct[Length(c.Key)]))))
            .ToArray());
    }

    /// <summary>One model per script of the samples.</summary>
    public static Dictionary<Script, LetterModel> OfSamples(IReadOnlyList<Sample> samples) =>
        samples.GroupBy(s => s.Script).ToDictionary(g => g.Key, g => new LetterModel([.. g]));

    /// <param name="words">In lower case, with a space before and after each.</param>
    /// <returns>Null if no language is much likelier than all others.</returns>
    public string? Best(string words)
    {
        var likelihoods = new float[_languages.Length];
        foreach (var (run, _) in Runs(words))
        {
            if (!_runs.TryGetValue(run, out var ofRun))
                continue;
            for (var l = 0; l < likelihoods.Length; l++)
                likelihoods[l] += ofRun[l];
        }

        var best = Array.IndexOf(likelihoods, likelihoods.Max());
        var next = likelihoods.Where((_, l) => l != best).Max();
        return likelihoods[best] - next >= Margin ? _languages[best] : null;
    }

    /// <summary>All runs except a single space. A letter takes 21 bits of a run's number.</summary>
    private static IEnumerable<(long Run, int Length)> Runs(string words)
    {
        for (var end = 1; end <= words.Length; end++)
        {
            var run = 0L;
            for (var length = 1; length <= Longest && length <= end; length++)
            {
                var letter = words[end - length];
                run |= (long)letter << (21 * (length - 1));
                // A run extends to the space before its word at most.
                if (length == 1 && letter == ' ')
                    continue;
                yield return (run, length);
                if (letter == ' ')
                    break;
            }
        }
    }

    private static int Length(long run) => run >> 42 != 0 ? 3 : run >> 21 != 0 ? 2 : 1;
}
