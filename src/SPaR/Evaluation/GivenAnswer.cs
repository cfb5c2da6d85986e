using SPaR.Judging;
using SPaR.Runs;
using SPaR.Sampling;

namespace SPaR.Evaluation;

/// <summary>An answer that a benchmark brings, for a judge to be measured by.</summary>
internal static class GivenAnswer
{
    /// <param name="index">Votes on another index have other seeds.</param>
    public static Answer Of(Walk walk, string text, int index = 0) => new()
    {
        RunId = walk.Key.RunId,
        Round = walk.Key.Round,
        InstructionId = walk.Key.InstructionId,
        Index = index,
        Text = text,
        Tokens = [],
        Truncated = false,
        Seed = 0,
        ModelHash = "",
        PromptHash = PromptHash.Of(walk.Prompt),
    };
}
