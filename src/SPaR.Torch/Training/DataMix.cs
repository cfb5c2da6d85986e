using System.Collections.Immutable;

namespace SPaR.Torch.Training;

/// <summary>Which rows an epoch has. It has as many as the data. Without weights these are all rows, once. With weights each dataset gives
/// its share of them, in a shuffled order of its own that goes on from epoch to epoch and is shuffled anew when all its rows were used: a
/// small dataset with a large weight repeats rows, a large one with a small weight gives others in the next epoch.</summary>
/// <param name="weights">Of each dataset, in the order of <see cref="Example.Set"/>; empty: each row once.</param>
/// <param name="key">A sort key that shuffles, of a name and two numbers, the same on every machine.</param>
internal sealed class DataMix(ImmutableArray<Example> rows, ImmutableArray<double> weights, Func<string, long, int, ulong> key)
{
    private readonly int[][] _sets =
        [.. weights.Select((_, set) => Enumerable.Range(0, rows.Length).Where(i => rows[i].Set == set).ToArray())];

    /// <returns>Indices of rows, in no particular order.</returns>
    public IEnumerable<int> Epoch(long epoch)
    {
        if (weights.IsEmpty)
            return Enumerable.Range(0, rows.Length);
        var counts = Counts(rows.Length, weights);
        return _sets.SelectMany((set, number) => Rows(set, number, epoch * counts[number], counts[number]));
    }

    /// <summary>Divides a number of rows by weight: the whole parts, then one more for the largest remainders.</summary>
    public static int[] Counts(int rows, ImmutableArray<double> weights)
    {
        var sum = weights.Sum();
        var exact = weights.Select(w => rows * w / sum).ToArray();
        var counts = exact.Select(e => (int)e).ToArray();
        var left = rows - counts.Sum();
        foreach (var set in Enumerable.Range(0, exact.Length).OrderByDescending(i => exact[i] - counts[i]).ThenBy(i => i).Take(left))
            counts[set]++;
        return counts;
    }

    private IEnumerable<int> Rows(int[] set, int number, long start, int count)
    {
        int[] order = [];
        long? shuffled = null;
        for (var place = start; place < start + count; place++)
        {
            var (pass, index) = Math.DivRem(place, set.Length);
            if (shuffled != pass)
                (shuffled, order) = (pass, [.. set.OrderBy(i => key($"set {number}", pass, i)).ThenBy(i => i)]);
            yield return order[index];
        }
    }
}
