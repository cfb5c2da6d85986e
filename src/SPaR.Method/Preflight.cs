namespace SPaR.Method;

/// <summary>A few instructions answered and judged before the run starts, to see whether the judge's votes are readable at all.</summary>
/// <param name="ReadableRate">Readable votes / votes, in [0, 1].</param>
/// <param name="Warning">Null when the rate is high enough.</param>
public sealed record Preflight(int Instructions, int Votes, int Readable, double ReadableRate, string? Warning);
