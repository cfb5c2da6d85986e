using System.Collections.Immutable;
using System.Globalization;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>Before the first step, policy and reference are the same model: every margin is 0 and the preference loss has the value of
/// its formula there, such as ln 2. Otherwise policy and reference disagree on weights, tokens or mask, and training would learn that
/// disagreement.</summary>
internal static class StepZeroCheck
{
    public const double Tolerance = 1e-3;

    /// <param name="expected">The preference loss of the formula; null for a mix with a part that has no reference.</param>
    /// <param name="logProbs">The policy's, without dropout.</param>
    public static void Run(
        PreferenceObjective objective, double? expected, IEnumerable<ImmutableArray<Example>> microBatches,
        Func<PackedSequences, Tensor> logProbs)
    {
        foreach (var rows in microBatches)
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var tokens = TokenBatch.Of(rows);
            var margins = objective.Margins(logProbs(tokens.Sequences), tokens, rows);
            foreach (var (row, (margin, preference)) in rows.Zip(margins))
                Require(row.Id, margin, preference, expected);
        }
    }

    internal static void Require(string row, double margin, double preference, double? expected)
    {
        var loss = expected ?? preference;
        if (Math.Abs(margin) <= Tolerance && Math.Abs(preference - loss) <= Tolerance * Math.Max(1, Math.Abs(loss)))
            return;
        throw new TrainingFailureException(FailureCode.StepZero, string.Create(CultureInfo.InvariantCulture,
            $"Before the first step, row {row} has a reward margin of {margin:g4} and a preference loss of {preference:g6}. The model is "
            + $"its own reference at that point, so they must be 0 and {loss:g6}: the stored reference does not belong to this model or "
            + $"data. Delete {ReferenceLogProbs.FileName} and start again. If it happens again, report it as a bug in SPaR."), row);
    }
}
