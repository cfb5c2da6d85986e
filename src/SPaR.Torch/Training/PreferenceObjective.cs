using System.Collections.Immutable;
using SPaR.Torch.Losses;

namespace SPaR.Torch.Training;

/// <summary>A preference loss on pairs, plus the NLL of the chosen sides.</summary>
/// <param name="beta">Scales the rewards that are reported.</param>
/// <param name="rpoAlpha">Of the chosen side's NLL per token.</param>
/// <param name="reference">Log-probabilities of both sides under the starting weights; null for a loss without a reference.</param>
/// <param name="kl">KTO's z₀ for the rows of a step, under the weights of the moment; null for a loss without it.</param>
internal sealed class PreferenceObjective(
    IPreferenceLoss loss, double beta, double rpoAlpha, Func<Example, ReferencePair>? reference,
    Func<ImmutableArray<Example>, double>? kl = null) : IObjective
{
    // 0 until the first step: the policy is its reference.
    private double _kl;

    public void Begin(ImmutableArray<Example> batch) => _kl = kl?.Invoke(batch) ?? 0;

    public MicroBatchResult Of(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows, ImmutableArray<Example> batch)
    {
        var pairs = Pairs(logProbs, tokens, rows);
        var preference = loss.Of(pairs); // [pairs]
        var nll = -pairs.Chosen.MeanLogProb; // [pairs]
        var (chosen, rejected) = Rewards(pairs);
        double Share(IEnumerable<double> values) => values.Sum() / batch.Length;
        var metrics = new Dictionary<string, double>
        {
            ["rewards/chosen"] = Share(chosen),
            ["rewards/rejected"] = Share(rejected),
            ["rewards/margins"] = Share(chosen.Zip(rejected, (c, r) => c - r)),
            // A tie counts half: before the first step the model is its own reference, and all pairs tie. TRL counts it as wrong.
            ["rewards/accuracies"] = Share(chosen.Zip(rejected, (c, r) => c > r ? 1.0 : c < r ? 0.0 : 0.5)),
            ["logps/chosen"] = Share(Values(pairs.Chosen.LogProb)),
            ["logps/rejected"] = Share(Values(pairs.Rejected.LogProb)),
            // The loss is preference_loss + rpo_alpha × nll_loss.
            ["preference_loss"] = Share(Values(preference)),
            ["nll_loss"] = Share(Values(nll)),
        };
        if (loss.UsesKl)
            metrics["kl"] = Share(rows.Select(_ => _kl));
        return new MicroBatchResult((preference + nll * rpoAlpha).sum() / batch.Length, metrics);
    }

    /// <returns>Reward margin and preference loss of each row.</returns>
    public IReadOnlyList<(double Margin, double Preference)> Margins(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows)
    {
        var pairs = Pairs(logProbs, tokens, rows);
        var (chosen, rejected) = Rewards(pairs);
        return [.. chosen.Zip(rejected, (c, r) => c - r).Zip(Values(loss.Of(pairs)))];
    }

    /// <summary>Log-probabilities of whole answers, [pairs] each.</summary>
    public static (Tensor Chosen, Tensor Rejected) Sides(Tensor logProbs, TokenBatch tokens, int pairs)
    {
        var sums = tokens.Sums(logProbs); // [2 × pairs]
        return (sums.narrow(0, 0, pairs), sums.narrow(0, pairs, pairs));
    }

    public static double[] Values(Tensor numbers) => numbers.detach().data<double>().ToArray();

    private PairLogProbs Pairs(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows)
    {
        var (chosen, rejected) = Sides(logProbs, tokens, rows.Length);
        var references = reference is null ? null : rows.Select(reference).ToArray();
        return new(Side(chosen, 0, r => r.Chosen), Side(rejected, 1, r => r.Rejected), _kl);

        SideLogProbs Side(Tensor sums, int side, Func<ReferencePair, double> of) => new(
            sums, references is null ? null : Numbers(references.Select(of)), Numbers(rows.Select(r => (double)r.Sides[side].TargetCount)));
    }

    /// <summary>β (log π(y) − log π_ref(y)); for a loss without a reference β log π(y) / |y|, as TRL reports it.</summary>
    private (double[] Chosen, double[] Rejected) Rewards(PairLogProbs pairs)
    {
        return (Of(pairs.Chosen), Of(pairs.Rejected));

        double[] Of(SideLogProbs side) => Values((loss.UsesReference ? side.LogRatio : side.MeanLogProb) * beta);
    }

    private static Tensor Numbers(IEnumerable<double> values)
    {
        var numbers = values.ToArray();
        return tensor(numbers, [numbers.Length]);
    }
}
