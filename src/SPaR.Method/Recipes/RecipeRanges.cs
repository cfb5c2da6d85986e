using System.Globalization;

namespace SPaR.Method.Recipes;

/// <summary>What every number of a recipe may be; the only place that says so.</summary>
internal static class RecipeRanges
{
    public static readonly WholeRange SampleN = new(1, 64);
    public static readonly WholeRange Votes = new(1, 64);
    public static readonly WholeRange JudgeAttempts = new(1, 10);
    public static readonly WholeRange Depth = new(1, 32);
    public static readonly WholeRange Branch = new(1, 64);
    public static readonly WholeRange Keep = new(1, 64);
    public static readonly WholeRange BestOfN = new(1, 1000);
    public static readonly WholeRange Budget = new(1, 100_000);
    public static readonly WholeRange RefineAttempts = new(1, 32);
    public static readonly WholeRange TopK = new(0, 1_000_000);
    public static readonly WholeRange MaxTokens = new(1, 131_072);
    public static readonly WholeRange Examples = new(0, 1_000_000);

    public static readonly WholeRange PerRound = new(1, 10_000_000);

    public static readonly WholeRange Limit = new(1, 10_000_000);

    public static readonly NumberRange Temperature = new(0, 2);
    public static readonly NumberRange TopP = new(0, 1, AboveLeast: true);
    public static readonly NumberRange MinP = new(0, 1);
    public static readonly NumberRange RepetitionPenalty = new(0, 2, AboveLeast: true);
    public static readonly NumberRange StopAbove = new(0, 1);
    public static readonly NumberRange Accept = new(0, 1);
    public static readonly NumberRange Tolerance = new(0, 1);
}

internal readonly record struct WholeRange(int Least, int Most)
{
    public bool Holds(int value) => value >= Least && value <= Most;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"a whole number from {Least} to {Most}");
}

/// <param name="AboveLeast">The least itself is not in the range.</param>
/// <param name="BelowMost">The most itself is not in the range.</param>
internal readonly record struct NumberRange(double Least, double Most, bool AboveLeast = false, bool BelowMost = false)
{
    public bool Holds(double value) =>
        (AboveLeast ? value > Least : value >= Least) && (BelowMost ? value < Most : value <= Most);

    public override string ToString() => (AboveLeast, BelowMost) switch
    {
        (true, _) => string.Create(CultureInfo.InvariantCulture, $"a number above {Least}, at most {Most}"),
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"a number from {Least} to below {Most}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"a number from {Least} to {Most}"),
    };
}
