using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>How tree search refines a bad answer.</summary>
public sealed record SearchOptions : SamplingSettings
{
    public SearchOptions() => (Temperature, MaxTokens) = (0.7, 3072);

    /// <summary><c>bfs</c>, <c>dfs</c>, <c>best-of-n</c>, <c>iterative</c> or <c>greedy</c>.</summary>
    public string Strategy { get; init; } = "bfs";

    public Expansion Expansion { get; init; } = Expansion.Parallel;

    /// <summary>Levels below the root (<c>bfs</c>, <c>dfs</c>, <c>iterative</c>).</summary>
    [Range(1, 32)]
    public int Depth { get; init; } = 3;

    /// <summary>Children per expanded node (<c>bfs</c>, <c>dfs</c>).</summary>
    [Range(1, 64)]
    public int Branch { get; init; } = 3;

    /// <summary>Nodes kept per level (<c>bfs</c>) or sibling group (<c>dfs</c>); never more than <c>branch</c>.</summary>
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
