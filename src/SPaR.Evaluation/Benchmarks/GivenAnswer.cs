using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>An answer that comes with a benchmark, to measure the judge on.</summary>
internal static class GivenAnswer
{
    /// <param name="index">Votes on another index get other seeds.</param>
    public static Answer Of(ItemRun item, string text, int index = 0) => new()
    {
        RunId = item.Key.RunId,
        Round = item.Key.Round,
        InstructionId = item.Key.InstructionId,
        Index = index,
        Text = text,
        Tokens = [],
        Truncated = false,
        Seed = 0,
        ModelHash = "",
        PromptHash = PromptHash.Of(item.Prompt),
    };
}
