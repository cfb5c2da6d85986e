namespace SPaR.Evaluation;

/// <summary>A mean over so many cases with its 95 % interval (Wilson's for shares).</summary>
public sealed record Measure(double Mean, double Low, double High, int Count);
