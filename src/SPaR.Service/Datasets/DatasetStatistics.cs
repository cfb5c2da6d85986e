using System.Security.Cryptography;
using System.Text;
using SPaR.Method.Items;
using SPaR.Method.Pairs;
using SPaR.Service.Http;

namespace SPaR.Service.Datasets;

/// <summary>What a dataset is like.</summary>
/// <param name="Messages">How many messages a row has before the answer; in examples, in all.</param>
/// <param name="PromptCharacters">Of the conversation before the answer; in examples, of all but the last message.</param>
/// <param name="ChosenCharacters">Of the chosen answer; in examples, of the last message.</param>
/// <param name="RejectedCharacters">Null without preferences.</param>
/// <param name="Similarity">1 − token edit distance / longer length; null, like the values, for an upload.</param>
/// <param name="Verifier">Whether a program agrees with the pairs; null for an upload.</param>
/// <param name="Human">Pairs by what people had said of them when they were frozen; null for an upload.</param>
/// <param name="Duplicates">Rows that are equal to an earlier one, character by character.</param>
internal sealed record DatasetStatistics(
    int Rows, Distribution Messages, Distribution PromptCharacters, Distribution ChosenCharacters, Distribution? RejectedCharacters,
    Distribution? Similarity, Distribution? ChosenValue, Distribution? RejectedValue, VerifierCounts? Verifier, HumanCounts? Human,
    int Duplicates, NearDuplicateCount NearDuplicates)
{
    /// <summary>The search keeps the words of these rows in memory.</summary>
    private const int Compared = 5000;

    private const double Near = 0.8;

    public static async Task<DatasetStatistics> OfAsync(IDbContextFactory<SparDb> databases, Dataset dataset)
    {
        var count = new Counter();
        var rows = PagedRows.ReadAsync(
            databases, -1,
            (db, after) => db.DatasetRows.AsNoTracking().Where(r => r.DatasetId == dataset.Id && r.Ordinal > after).OrderBy(r => r.Ordinal),
            row => row.Ordinal, row => row.Length);
        await foreach (var row in rows)
            count.Add(row);
        return count.Finish(dataset.Kind);
    }

    private sealed class Counter
    {
        private readonly List<float> _messages = [], _prompt = [], _chosen = [], _rejected = [];
        private readonly List<float> _similarity = [], _chosenValue = [], _rejectedValue = [];
        private readonly HashSet<ulong> _seen = [];
        private readonly NearDuplicates _near = new(Near);
        private int _rows, _compared, _equal, _alike, _agree, _disagree, _unchecked, _accepted, _rejectedByHand, _edited, _unseen;

        public void Add(DatasetRow row)
        {
            _rows++;
            var prompt = (row.Chosen is null ? row.Messages[..^1] : row.Messages).Select(m => m.Content).ToArray();
            var chosen = row.Chosen ?? row.Messages[^1].Content;
            _messages.Add(row.Messages.Length);
            _prompt.Add(prompt.Sum(text => text.Length));
            _chosen.Add(chosen.Length);
            if (row.Rejected is { } rejected)
                _rejected.Add(rejected.Length);
            if (row.Facts is { } facts)
                Add(facts);
            var text = string.Join('\n', [.. prompt, chosen, row.Rejected ?? ""]);
            if (!_seen.Add(BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)))))
                _equal++;
            if (_compared < Compared)
            {
                _compared++;
                _alike += _near.TryAdd(text) ? 0 : 1;
            }
        }

        public DatasetStatistics Finish(DatasetKind kind)
        {
            var isFrozen = _similarity.Count > 0;
            return new(
                _rows, Distribution.Of(_messages), Distribution.Of(_prompt), Distribution.Of(_chosen),
                kind is DatasetKind.Preferences ? Distribution.Of(_rejected) : null,
                isFrozen ? Distribution.Of(_similarity) : null, isFrozen ? Distribution.Of(_chosenValue) : null,
                isFrozen ? Distribution.Of(_rejectedValue) : null, isFrozen ? new(_agree, _disagree, _unchecked) : null,
                isFrozen ? new(_accepted, _rejectedByHand, _edited, _unseen) : null, _equal, new(_alike, _compared));
        }

        private void Add(PairFacts facts)
        {
            _similarity.Add((float)facts.Similarity);
            _chosenValue.Add((float)facts.ChosenValue);
            _rejectedValue.Add((float)facts.RejectedValue);
            _ = facts.VerifierAgrees switch { true => _agree++, false => _disagree++, null => _unchecked++ };
            _ = facts.Human switch
            {
                HumanVerdict.Accept => _accepted++,
                HumanVerdict.Reject => _rejectedByHand++,
                HumanVerdict.Edit => _edited++,
                _ => _unseen++,
            };
        }
    }
}

/// <param name="Unchecked">Pairs whose constraints no program can check.</param>
internal sealed record VerifierCounts(int Agree, int Disagree, int Unchecked);

/// <param name="None">Pairs that nobody had judged.</param>
internal sealed record HumanCounts(int Accept, int Reject, int Edit, int None);

/// <param name="Count">Rows that have at least 0.8 of their runs of five words in common with an earlier one, equal ones included.</param>
/// <param name="Of">How many rows were compared: the first 5000.</param>
internal sealed record NearDuplicateCount(int Count, int Of);

/// <summary>How numbers are distributed.</summary>
/// <param name="Histogram">Ten bins of equal width, or one if all numbers are equal; empty without numbers.</param>
internal sealed record Distribution(
    int Count, double Min, double Mean, double Median, double P90, double P99, double Max, double Std, IReadOnlyList<Bin> Histogram)
{
    private const int Bins = 10, Digits = 6;

    public static Distribution Of(IReadOnlyCollection<float> numbers)
    {
        if (numbers.Count == 0)
            return new(0, 0, 0, 0, 0, 0, 0, 0, []);
        float[] sorted = [.. numbers];
        Array.Sort(sorted);
        var mean = sorted.Average(number => (double)number);
        var std = Math.Sqrt(sorted.Sum(n => (n - mean) * (n - mean)) / Math.Max(1, sorted.Length - 1));
        return new(
            sorted.Length, Round(sorted[0]), Round(mean), Round(At(sorted, 0.5)), Round(At(sorted, 0.9)), Round(At(sorted, 0.99)),
            Round(sorted[^1]), Round(std), HistogramOf(sorted));
    }

    private static double Round(double number) => Math.Round(number, Digits);

    /// <summary>Between the two nearest numbers, in proportion.</summary>
    private static double At(float[] sorted, double share)
    {
        var position = share * (sorted.Length - 1);
        var below = (int)position;
        return below + 1 < sorted.Length ? sorted[below] + ((position - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }

    private static Bin[] HistogramOf(float[] sorted)
    {
        var (least, width) = ((double)sorted[0], ((double)sorted[^1] - sorted[0]) / Bins);
        if (width == 0)
            return [new(Round(least), Round(least), sorted.Length)];
        var counts = new int[Bins];
        foreach (var number in sorted)
            counts[Math.Min(Bins - 1, (int)((number - least) / width))]++;
        return [.. counts.Select((count, i) => new Bin(
            Round(least + (i * width)), Round(i == Bins - 1 ? sorted[^1] : least + ((i + 1) * width)), count))];
    }
}

/// <param name="From">The least number in it.</param>
/// <param name="To">The numbers below this one; in the last bin, up to it.</param>
internal sealed record Bin(double From, double To, int Count);
