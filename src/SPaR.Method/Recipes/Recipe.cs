namespace SPaR.Method.Recipes;

/// <summary>Everything a run can be told about the method. On the wire the names are in snake case; the defaults are the paper's
/// (arXiv 2412.11605), but for <see cref="Expansion.Parallel"/>.</summary>
public sealed record Recipe
{
    public string Name { get; init; } = "default";

    public SampleOptions Sample { get; init; } = new();

    public JudgeOptions Judge { get; init; } = new();

    public SearchOptions Refine { get; init; } = new();

    public PairOptions Pair { get; init; } = new();

    public RefinerExampleOptions Examples { get; init; } = new();

    /// <summary>How many instructions each round takes, the next of the set in order; null takes all in every round.</summary>
    public int? InstructionsPerRound { get; init; }

    /// <summary>Null makes data only, in one round.</summary>
    public TrainOptions? Train { get; init; }

    public EvaluateOptions Evaluate { get; init; } = new();

    /// <summary>Null keeps every round's models.</summary>
    public RollbackOptions? Rollback { get; init; }

    public PromptSet Prompts { get; init; } = PromptSet.Default;

    /// <summary>The same run gives the same text, bit for bit, whatever else the engine has to do. Costs the sharing of batches between
    /// requests, which is several times the time.</summary>
    public bool Deterministic { get; init; }
}
