using SPaR.Method.Input;

namespace SPaR.Method.Recipes;

/// <summary>What every number of a recipe may be; the only place that says so.</summary>
internal static class RecipeRanges
{
    public static readonly NumberRange SampleN = new(1, 64);
    public static readonly NumberRange Votes = new(1, 64);
    public static readonly NumberRange JudgeAttempts = new(1, 10);
    public static readonly NumberRange Depth = new(1, 32);
    public static readonly NumberRange Branch = new(1, 64);
    public static readonly NumberRange Keep = new(1, 64);
    public static readonly NumberRange BestOfN = new(1, 1000);
    public static readonly NumberRange Budget = new(1, 100_000);
    public static readonly NumberRange RefineAttempts = new(1, 32);
    public static readonly NumberRange TopK = new(0, 1_000_000);
    public static readonly NumberRange MaxTokens = new(1, 131_072);
    public static readonly NumberRange Examples = new(0, 1_000_000);

    public static readonly NumberRange PerRound = new(1, 10_000_000);

    public static readonly NumberRange Limit = new(1, 10_000_000);

    public static readonly NumberRange Temperature = new(0, 2);
    public static readonly NumberRange TopP = new(0, 1, AboveLeast: true);
    public static readonly NumberRange MinP = new(0, 1);
    public static readonly NumberRange RepetitionPenalty = new(0, 2, AboveLeast: true);
    public static readonly NumberRange StopAbove = new(0, 1);
    public static readonly NumberRange Accept = new(0, 1);
    public static readonly NumberRange Tolerance = new(0, 1);
}
