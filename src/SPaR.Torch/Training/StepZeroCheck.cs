using System.Collections.Immutable;
using System.Globalization;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>Before the first step policy and reference are the same model: every margin is 0 and the preference loss is ln 2. If not,
/// the two sides of the loss disagree on weights, tokens or mask, and training would learn the disagreement.</summary>
internal static class StepZeroCheck
{
    public const double Tolerance = 1e-3;

    /// <param name="logProbs">Of the policy, without dropout.</param>
    public static void Run(
        DpoObjective objective, IEnumerable<ImmutableArray<Example>> passes, Func<Passage, Tensor> logProbs)
    {
        foreach (var rows in passes)
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var tokens = TokenBatch.Of(rows);
            var margins = objective.Margins(logProbs(tokens.Passage), tokens, rows);
            foreach (var (row, (margin, preference)) in rows.Zip(margins))
                Require(row.Id, margin, preference);
        }
    }

    /// <summary>Holds with label smoothing too: at margin 0 both of its terms are ln 2.</summary>
    internal static void Require(string row, double margin, double preference)
    {
        if (Math.Abs(margin) <= Tolerance && Math.Abs(preference - Math.Log(2)) <= Tolerance)
            return;
        throw new TrainingFailureException(FailureCode.StepZero, string.Create(CultureInfo.InvariantCulture,
            $"Before the first step row {row} has a reward margin of {margin:g4} and a preference loss of {preference:g6}; the model is ")
            + "its own reference then, so they must be 0 and ln 2 = 0.693147. The stored reference "
            + $"({ReferenceLogProbs.FileName}) does not belong to this model or data: delete that file and start again; if it happens "
            + "again, weights or tokens are read differently on the two sides, which is a fault of SPaR.", row);
    }
}
