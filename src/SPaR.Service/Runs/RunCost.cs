using SPaR.Method.Items;
using SPaR.Service.Items;

namespace SPaR.Service.Runs;

/// <summary>What self-play has cost so far.</summary>
/// <param name="Generations">Answers, votes and refinements that were requested.</param>
/// <param name="Tokens">Generated for them.</param>
/// <param name="Seconds">From the start of each round to its last finished instruction, pauses included.</param>
/// <param name="Money">By <c>target.prices</c>; null without prices.</param>
/// <param name="PerPair">The same divided by the number of pairs; null without pairs.</param>
internal sealed record RunCost(StageCounts Generations, StageCounts Tokens, double Seconds, double? Money, PairCost? PerPair)
{
    public static RunCost Of(StepCost cost, TokenCounts tokens, double seconds, int pairs, RunPrices? prices)
    {
        var money = prices?.Of(new(pairs, seconds, tokens.PrefillComputed + tokens.Generated));
        return new(cost.Generations, cost.Tokens, Math.Round(seconds, 3), money, pairs == 0 ? null : new(
            Each(cost.Generations.All), Each(cost.Tokens.Sample), Each(cost.Tokens.Judge), Each(cost.Tokens.Refine), Each(seconds),
            money / pairs));

        double Each(double all) => Math.Round(all / pairs, 3);
    }
}

/// <summary>What an accepted pair has cost, with the instructions that gave none.</summary>
internal sealed record PairCost(
    double Generations, double SampleTokens, double JudgeTokens, double RefineTokens, double Seconds, double? Money);
