using System.Collections.Immutable;
using SPaR.Torch.Losses;

namespace SPaR.Torch.Training;

/// <summary>DPO on pairs.</summary>
/// <param name="reference">Log-probabilities of both sides under the starting weights.</param>
internal sealed class DpoObjective(DpoLoss loss, Func<Example, ReferencePair> reference) : IObjective
{
    public MicroBatchResult Of(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows, ImmutableArray<Example> batch)
    {
        var (terms, chosen, rejected, nll) = Terms(logProbs, tokens, rows);
        var (rewardsChosen, rewardsRejected) = (Values(terms.RewardChosen), Values(terms.RewardRejected));
        double Share(IEnumerable<double> values) => values.Sum() / batch.Length;
        return new MicroBatchResult(terms.Loss.sum() / batch.Length, new Dictionary<string, double>
        {
            ["rewards/chosen"] = Share(rewardsChosen),
            ["rewards/rejected"] = Share(rewardsRejected),
            ["rewards/margins"] = Share(rewardsChosen.Zip(rewardsRejected, (c, r) => c - r)),
            // A tie counts half: before the first step the model is its own reference, and all pairs tie. TRL counts it as wrong.
            ["rewards/accuracies"] = Share(rewardsChosen.Zip(rewardsRejected, (c, r) => c > r ? 1.0 : c < r ? 0.0 : 0.5)),
            ["logps/chosen"] = Share(Values(chosen)),
            ["logps/rejected"] = Share(Values(rejected)),
            // The loss is preference_loss + sft_weight × nll_loss.
            ["preference_loss"] = Share(Values(terms.Preference)),
            ["nll_loss"] = Share(Values(nll)),
        });
    }

    /// <returns>Reward margin and preference loss of each row.</returns>
    public IReadOnlyList<(double Margin, double Preference)> Margins(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows)
    {
        var terms = Terms(logProbs, tokens, rows).Terms;
        return [.. Values(terms.RewardChosen - terms.RewardRejected).Zip(Values(terms.Preference))];
    }

    private (DpoTerms Terms, Tensor Chosen, Tensor Rejected, Tensor Nll) Terms(
        Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows)
    {
        var (chosen, rejected) = Sides(logProbs, tokens, rows.Length);
        var nll = -chosen / Numbers(rows.Select(r => (double)r.Sides[0].TargetCount)); // [pairs]
        var references = rows.Select(reference).ToArray();
        return (loss.Of(chosen, rejected, Numbers(references.Select(r => r.Chosen)), Numbers(references.Select(r => r.Rejected)), nll),
            chosen, rejected, nll);
    }

    /// <summary>Log-probabilities of whole answers, [pairs] each.</summary>
    public static (Tensor Chosen, Tensor Rejected) Sides(Tensor logProbs, TokenBatch tokens, int pairs)
    {
        var sums = tokens.Sums(logProbs); // [2 × pairs]
        return (sums.narrow(0, 0, pairs), sums.narrow(0, pairs, pairs));
    }

    public static double[] Values(Tensor numbers) => numbers.detach().data<double>().ToArray();

    private static Tensor Numbers(IEnumerable<double> values)
    {
        var numbers = values.ToArray();
        return tensor(numbers, [numbers.Length]);
    }
}
