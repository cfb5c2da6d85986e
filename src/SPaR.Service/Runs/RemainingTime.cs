using SPaR.Method;

namespace SPaR.Service.Runs;

/// <summary>Estimates in seconds of what is left; null where nothing is known yet.</summary>
/// <param name="Stage">Of the current stage: in self-play the tokens that the instructions left will take, at the current rate; otherwise
/// what is left at the pace so far.</param>
/// <param name="Round">Of the current round; once a round has ended, it is taken for as long as those before.</param>
/// <param name="Run">Of all rounds.</param>
internal sealed record RemainingTime(double? Stage, double? Round, double? Run)
{
    public static RemainingTime Of(RunPace pace)
    {
        var stage = pace.Stage is RoundStage.SelfPlay ? SelfPlay(pace) : Linear(pace);
        var average = pace.Finished.Count > 0 ? pace.Finished.Average() : (double?)null;
        var round = pace.HasMoreStages && average is null ? null : Longer(stage, average - pace.RoundSeconds, pace.HasMoreStages);
        var run = pace.RoundsLeft == 0 ? round : round + (pace.RoundsLeft * average);
        return new(Rounded(stage), Rounded(round), Rounded(run));
    }

    private static double? SelfPlay(RunPace pace)
    {
        if (pace.TokensPerSecond <= 0 || pace.Items == 0)
            return null;
        var tokens = (double)pace.Tokens / pace.Items * (pace.Total - pace.Done);
        return tokens is null ? null : Math.Max(0, tokens.Value - pace.OpenTokens) / pace.TokensPerSecond;
    }

    private static double? Linear(RunPace pace) => pace is { Done: > 0, Total: { } total }
        ? pace.StageSeconds / pace.Done * Math.Max(0, total - pace.Done)
        : null;

    /// <summary>A round takes at least as long as its stage.</summary>
    private static double? Longer(double? stage, double? expected, bool hasMoreStages) =>
        hasMoreStages ? Math.Max(stage ?? 0, expected ?? 0) : stage;

    private static double? Rounded(double? seconds) => seconds is null ? null : Math.Round(seconds.Value, 1);
}

/// <summary>What an estimate is made from.</summary>
/// <param name="Done">Of the stage; a part of <paramref name="Total"/>.</param>
/// <param name="StageSeconds">Since the stage began.</param>
/// <param name="RoundSeconds">Since the round began.</param>
/// <param name="Items">Instructions of all rounds that are through.</param>
/// <param name="Tokens">Generated for them.</param>
/// <param name="OpenTokens">Generated for the instructions in flight.</param>
/// <param name="HasMoreStages">Whether the round trains or evaluates after this stage.</param>
/// <param name="RoundsLeft">After this one.</param>
/// <param name="Finished">Seconds of each finished round; round 0, which only evaluates, is none of them.</param>
internal sealed record RunPace(
    RoundStage Stage, int Done, int? Total, double StageSeconds, double RoundSeconds, int Items, long Tokens, long OpenTokens,
    double TokensPerSecond, bool HasMoreStages, int RoundsLeft, IReadOnlyList<double> Finished);
