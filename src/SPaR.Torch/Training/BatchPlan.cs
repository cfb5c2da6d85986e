using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SPaR.Torch.Training;

/// <summary>Which rows belong to which step. A pure function of seed and epoch: a resumed run sees the same batches as an uninterrupted
/// one. Rows of similar length are batched together, so that little is padded; the order of the batches is random.</summary>
/// <param name="weights">Of the datasets; see <see cref="DataMix"/>.</param>
internal sealed class BatchPlan(
    ImmutableArray<Example> examples, int batch, int epochs, long seed, ImmutableArray<double> weights = default)
{
    /// <summary>Rows are sorted by length only within this many batches, so that batches differ from epoch to epoch.</summary>
    private const int BatchesSortedTogether = 50;

    private readonly DataMix _mix = new(
        examples, weights.IsDefault ? [] : weights, (what, pass, index) => Key(seed, what, pass, index));

    private (long Epoch, ImmutableArray<ImmutableArray<Example>> Batches)? _current;

    public long StepsPerEpoch { get; } = (examples.Length + batch - 1) / batch;

    public long Steps => StepsPerEpoch * epochs;

    /// <param name="step">From 0 to <see cref="Steps"/> − 1.</param>
    /// <returns>The rows of the step, longest first. The last batch of an epoch may be smaller.</returns>
    public ImmutableArray<Example> At(long step)
    {
        var (epoch, index) = Math.DivRem(step, StepsPerEpoch);
        if (_current?.Epoch != epoch)
            _current = (epoch, Epoch(epoch));
        return _current.Value.Batches[(int)index];
    }

    /// <summary>Splits a batch into micro-batches of at most <paramref name="rows"/>.</summary>
    public static IEnumerable<ImmutableArray<Example>> MicroBatches(ImmutableArray<Example> batch, int rows) =>
        batch.Chunk(rows).Select(ImmutableArray.Create);

    private ImmutableArray<ImmutableArray<Example>> Epoch(long epoch)
    {
        var order = _mix.Epoch(epoch).OrderBy(i => Key(seed, "row", epoch, i)).ThenBy(i => i);
        var batches = order
            .Chunk(batch * BatchesSortedTogether)
            .SelectMany(group => group.OrderByDescending(i => examples[i].Tokens).ThenBy(i => i).Chunk(batch))
            .Select(rows => rows.Select(i => examples[i]).ToImmutableArray())
            .ToArray();
        return [.. batches.Index().OrderBy(b => Key(seed, "batch", epoch, b.Index)).ThenBy(b => b.Index).Select(b => b.Item)];
    }

    /// <summary>A sort key that shuffles, the same on every machine.</summary>
    private static ulong Key(long seed, string what, long epoch, int index) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}/{what}/{epoch}/{index}"))));
}
