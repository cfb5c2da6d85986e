namespace SPaR.Service.Items;

/// <summary>When self-play has enough, or has cost enough. Then no more instructions are started; those in flight are finished.</summary>
/// <param name="Pairs">A round is over when it has this many pairs.</param>
/// <param name="Seconds">Since the run started, pauses included.</param>
/// <param name="Tokens">Of all rounds: prompt tokens that were computed, and generated tokens.</param>
/// <param name="Cost">Of all rounds, in the currency of <paramref name="Prices"/>.</param>
public sealed record RunTarget(
    int? Pairs = null, long? Seconds = null, long? Tokens = null, double? Cost = null, RunPrices? Prices = null)
{
    /// <summary>How the details of inputs begin that were left out for a limit.</summary>
    public const string LimitPrefix = "limit-";

    /// <returns>The detail of the inputs that are left out; null where the run is to go on.</returns>
    public string? Reached(TargetUse use) => Pairs <= use.Pairs ? "target-pairs" : Limit(use);

    /// <returns>The limit that the run has reached as a whole, so that it starts no further round; null if none.</returns>
    public string? Limit(TargetUse use) => Seconds <= use.Seconds ? $"{LimitPrefix}seconds"
        : Tokens <= use.Tokens ? $"{LimitPrefix}tokens"
        : Cost is { } most && Prices is { } prices && most <= prices.Of(use) ? $"{LimitPrefix}cost"
        : null;
}

/// <summary>What computing costs, in any currency.</summary>
/// <param name="Hour">Of the machines together.</param>
/// <param name="MillionTokens">Prompt tokens that are computed, and generated tokens.</param>
public sealed record RunPrices(double Hour = 0, double MillionTokens = 0)
{
    internal double Of(TargetUse use) => (Hour * use.Seconds / 3600) + (MillionTokens * use.Tokens / 1e6);
}

/// <param name="Pairs">Of the current round.</param>
/// <param name="Seconds">Since the run started.</param>
/// <param name="Tokens">Of all rounds, computed and generated.</param>
public sealed record TargetUse(int Pairs, double Seconds, long Tokens);
