using System.Collections.Immutable;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>KTO's reference point z₀ (arXiv 2402.01306): the mean of log π(y') − log π_ref(y') over answers y' that belong
/// to other prompts, at least 0. A row's prompt is followed by the answers of the next row of the data, so the estimate does not depend
/// on how batches are split.</summary>
internal sealed class KlEstimate
{
    private readonly Dictionary<Example, Example> _mismatched = new(ReferenceEqualityComparer.Instance);

    /// <param name="maxLength">Longer mismatched pairs are left out.</param>
    /// <exception cref="TrainingFailureException">There is only one row.</exception>
    public KlEstimate(ImmutableArray<Example> rows, int maxLength)
    {
        if (rows.Length < 2)
            throw new TrainingFailureException(FailureCode.NoData,
                "The loss kto compares each pair with another one, and the data has one usable pair. Add pairs, or set another loss_type.");
        foreach (var (index, row) in rows.Index())
        {
            var mismatched = Mismatched(row, rows[(index + 1) % rows.Length]);
            if (mismatched.Length <= maxLength)
                _mismatched[row] = mismatched;
        }
    }

    /// <summary>What the reference has to be computed for.</summary>
    public IEnumerable<Example> Pairs => _mismatched.Values;

    /// <param name="batch">The rows of a step.</param>
    /// <param name="microBatch">Rows per forward pass.</param>
    /// <param name="logProbs">The policy's.</param>
    /// <param name="reference">Of <see cref="Pairs"/>.</param>
    public double Of(
        ImmutableArray<Example> batch, int microBatch, Func<PackedSequences, Tensor> logProbs, Func<Example, ReferencePair> reference,
        Workers workers)
    {
        var pairs = batch.Select(_mismatched.GetValueOrDefault).OfType<Example>();
        var ratios = pairs.Chunk(microBatch).SelectMany(rows => ReferenceLogProbs.Compute(rows, logProbs, workers).Zip(rows))
            .Select(each => (Policy: each.First, Reference: reference(each.Second)))
            .Select(each => (each.Policy.Chosen - each.Reference.Chosen + each.Policy.Rejected - each.Reference.Rejected) / 2)
            .DefaultIfEmpty(0);
        return Math.Max(0, ratios.Average());
    }

    private static Example Mismatched(Example row, Example other) =>
        new(row.Id, [.. other.Sides.Select(side => TokenSequence.Of(Prompt(row.Sides[0]), Answer(side)))]);

    private static ImmutableArray<int> Prompt(TokenSequence side) => side.Tokens[..^side.TargetCount];

    private static ImmutableArray<int> Answer(TokenSequence side) => side.Tokens[^side.TargetCount..];
}
