using System.Collections.Immutable;
using System.Globalization;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>Before the first step, policy and reference are the same model: every margin is 0 and the preference loss is ln 2. Otherwise
/// policy and reference disagree on weights, tokens or mask, and training would learn that disagreement.</summary>
internal static class StepZeroCheck
{
    public const double Tolerance = 1e-3;

    /// <param name="logProbs">The policy's, without dropout.</param>
    public static void Run(
        DpoObjective objective, IEnumerable<ImmutableArray<Example>> microBatches, Func<PackedSequences, Tensor> logProbs)
    {
        foreach (var rows in microBatches)
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var tokens = TokenBatch.Of(rows);
            var margins = objective.Margins(logProbs(tokens.Sequences), tokens, rows);
            foreach (var (row, (margin, preference)) in rows.Zip(margins))
                Require(row.Id, margin, preference);
        }
    }

    /// <summary>Also holds with label smoothing: at margin 0 both of its terms are ln 2.</summary>
    internal static void Require(string row, double margin, double preference)
    {
        if (Math.Abs(margin) <= Tolerance && Math.Abs(preference - Math.Log(2)) <= Tolerance)
            return;
        throw new TrainingFailureException(FailureCode.StepZero, string.Create(CultureInfo.InvariantCulture,
            $"Before the first step, row {row} has a reward margin of {margin:g4} and a preference loss of {preference:g6}. The model is ")
            + "its own reference at that point, so they must be 0 and ln 2 = 0.693147: the stored reference does not belong to this model "
            + $"or data. Delete {ReferenceLogProbs.FileName} and start again. If it happens again, report it as a bug in SPaR.", row);
    }
}
