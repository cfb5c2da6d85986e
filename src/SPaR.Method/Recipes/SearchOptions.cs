using System.ComponentModel.DataAnnotations;
using SPaR.Abstractions;

namespace SPaR.Method.Recipes;

/// <summary>How tree search refines a bad answer.</summary>
public sealed record SearchOptions
{
    /// <summary><c>bfs</c>, <c>dfs</c>, <c>best-of-n</c>, <c>iterative</c> or <c>greedy</c>.</summary>
    public string Strategy { get; init; } = "bfs";

    public Expansion Expansion { get; init; } = Expansion.Parallel;

    /// <summary>Levels below the root (<c>bfs</c>, <c>dfs</c>, <c>iterative</c>).</summary>
    [Range(1, 32)]
    public int Depth { get; init; } = 3;

    /// <summary>Children per expanded node (<c>bfs</c>, <c>dfs</c>).</summary>
    [Range(1, 64)]
    public int Branch { get; init; } = 3;

    /// <summary>Nodes kept per level (<c>bfs</c>) or sibling group (<c>dfs</c>).</summary>
    [Range(1, 64)]
    public int Keep { get; init; } = 2;

    /// <summary>Independent refinements of the root (<c>best-of-n</c>).</summary>
    [Range(1, 1000)]
    public int N { get; init; } = 15;

    /// <summary>How the kept nodes are chosen (<c>bfs</c>, <c>dfs</c>).</summary>
    public Selection Select { get; init; } = Selection.Greedy;

    /// <summary>The search ends when the best child of a level or sibling group is strictly above this.</summary>
    [Range(0.0, 1.0)]
    public double StopAbove { get; init; } = 0.5;

    /// <summary>Nodes per tree.</summary>
    [Range(1, 100_000)]
    public int Budget { get; init; } = 1000;

    /// <summary>How often a refinement is asked for at most, until it can be read.</summary>
    [Range(1, 32)]
    public int Attempts { get; init; } = 9;

    /// <summary>0 is greedy.</summary>
    [Range(0.0, 2.0)]
    public double Temperature { get; init; } = 0.7;

    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double TopP { get; init; } = 1.0;

    /// <summary>0 keeps all.</summary>
    [Range(0, 1_000_000)]
    public int TopK { get; init; }

    [Range(0.0, 1.0)]
    public double MinP { get; init; }

    /// <summary>1 is off.</summary>
    [Range(0.0, 2.0, MinimumIsExclusive = true)]
    public double RepetitionPenalty { get; init; } = 1;

    public SamplingOrder SamplingOrder { get; init; }

    [Range(1, 131_072)]
    public int MaxTokens { get; init; } = 3072;

    internal SamplingOptions ToSampling() =>
        new(Temperature, TopP, TopK, MinP, MaxTokens) { RepetitionPenalty = RepetitionPenalty, Order = SamplingOrder };
}

public enum Expansion
{
    /// <summary>All siblings of a level at once.</summary>
    Parallel,

    /// <summary>One request after the other, in the order of the paper's scripts.</summary>
    Sequential,
}

public enum Selection
{
    /// <summary>The highest values; of equals the first.</summary>
    Greedy,

    /// <summary>Drawn without replacement, with probabilities in proportion to the values (seeded).</summary>
    ByValue,
}
