using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>Every option of the method. The names in JSON are in snake case; the defaults are the paper's (arXiv 2412.11605), except
/// <see cref="Expansion.Parallel"/>.</summary>
public sealed record Recipe
{
    public string Name { get; init; } = "default";

    public SampleOptions Sample { get; init; } = new();

    public JudgeOptions Judge { get; init; } = new();

    public SearchOptions Refine { get; init; } = new();

    public PairOptions Pair { get; init; } = new();

    public PairFilterOptions PairFilters { get; init; } = new();

    public RefinerExampleOptions Examples { get; init; } = new();

    public ReasoningOptions Reasoning { get; init; } = new();

    public PreflightOptions Preflight { get; init; } = new();

    /// <summary>How many instructions each round takes, in the order of the set; null takes all of them in every round.</summary>
    [Range(1, 10_000_000)]
    public int? InstructionsPerRound { get; init; }

    /// <summary>Null makes data only, in a single round.</summary>
    public TrainOptions? Train { get; init; }

    public EvaluateOptions Evaluate { get; init; } = new();

    /// <summary>Null keeps every round's models.</summary>
    public RollbackOptions? Rollback { get; init; }

    public PromptSet Prompts { get; init; } = PromptSet.Default;

    /// <summary>Makes a repeated run produce the same text, bit for bit, whatever else the engine does. Requests then share no batches,
    /// which takes several times as long.</summary>
    public bool Deterministic { get; init; }
}
