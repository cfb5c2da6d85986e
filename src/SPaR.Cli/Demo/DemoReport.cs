using System.Text.Json.Serialization;
using SPaR.Client;
using SPaR.MicroWorld;

namespace SPaR.Cli.Demo;

/// <summary>The results of the demo's run: the service's numbers, and those of the exact verifier, which the run never asks.</summary>
/// <param name="Inputs">Instructions over all rounds; everything except <paramref name="Rounds"/> is over all rounds.</param>
/// <param name="States">Instructions by final state; they add up to the inputs.</param>
/// <param name="Seconds">From the first request to the end of the run, without starting the service.</param>
/// <param name="Rounds">Round 0 is the starting model.</param>
internal sealed record DemoReport(
    int Inputs,
    IReadOnlyDictionary<string, int> States,
    int Pairs,
    Similarity Similarity,
    TokenCounts Tokens,
    Verified Verified,
    double Seconds,
    IReadOnlyList<RoundReport> Rounds)
{
    /// <summary>One entry per source of pairs and seed; null if it was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AblationReport>? Ablation { get; init; }

    public static DemoReport Of(Run run, IReadOnlyCollection<SparRow> preferences, TimeSpan elapsed) => new(
        run.Progress.Total,
        run.Progress.States,
        run.Pairs.Count,
        new(run.Pairs.MeanSimilarity),
        run.Tokens,
        new(Share(preferences, p => p.Chosen), Share(preferences, p => p.Rejected)),
        Math.Round(elapsed.TotalSeconds, 3),
        [.. run.Rounds.OrderBy(round => round.RoundNumber).Select(RoundReport.Of)]);

    private static double? Share(IReadOnlyCollection<SparRow> preferences, Func<SparRow, string> answer) => preferences.Count == 0
        ? null
        : preferences.Average(p => Verifier.Satisfies(MicroInstruction.Parse(p.Messages[^1].Content), answer(p)) ? 1.0 : 0.0);
}

/// <param name="Mean">The mean similarity of chosen and rejected, in [0, 1]; null without pairs.</param>
internal sealed record Similarity(double? Mean);

/// <summary>The shares of chosen and rejected answers that satisfy every constraint, in [0, 1]; null without pairs.</summary>
internal sealed record Verified(double? Chosen, double? Rejected);
