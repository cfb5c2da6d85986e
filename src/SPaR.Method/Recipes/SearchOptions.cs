using SPaR.Abstractions;

namespace SPaR.Method.Recipes;

/// <summary>How a bad answer is mended by tree search.</summary>
public sealed record SearchOptions
{
    /// <summary><c>bfs</c>, <c>dfs</c>, <c>best-of-n</c>, <c>iterative</c> or <c>greedy</c>.</summary>
    public string Strategy { get; init; } = "bfs";

    public Expansion Expansion { get; init; } = Expansion.Parallel;

    /// <summary>Levels below the root, 1 to 32 (<c>bfs</c>, <c>dfs</c>, <c>iterative</c>).</summary>
    public int Depth { get; init; } = 3;

    /// <summary>Children per expanded node, 1 to 64 (<c>bfs</c>, <c>dfs</c>).</summary>
    public int Branch { get; init; } = 3;

    /// <summary>Nodes kept per level (<c>bfs</c>) or sibling group (<c>dfs</c>), 1 to 64.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Independent mendings of the root, 1 to 1,000 (<c>best-of-n</c>).</summary>
    public int N { get; init; } = 15;

    /// <summary>How the kept ones are chosen (<c>bfs</c>, <c>dfs</c>).</summary>
    public Selection Select { get; init; } = Selection.Greedy;

    /// <summary>A level or sibling group whose best child is strictly above this ends the search; 0 to 1.</summary>
    public double StopAbove { get; init; } = 0.5;

    /// <summary>Nodes in all, 1 to 100,000.</summary>
    public int Budget { get; init; } = 1000;

    /// <summary>How often one mending is asked for until it can be read, 1 to 32.</summary>
    public int Attempts { get; init; } = 9;

    /// <summary>0 to 2; 0 is greedy.</summary>
    public double Temperature { get; init; } = 0.7;

    /// <summary>Above 0 to 1.</summary>
    public double TopP { get; init; } = 1.0;

    /// <summary>0 (all) to 1,000,000.</summary>
    public int TopK { get; init; }

    /// <summary>0 to 1.</summary>
    public double MinP { get; init; }

    /// <summary>Above 0 to 2; 1 is off.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    public SamplingOrder SamplingOrder { get; init; }

    /// <summary>1 to 131,072.</summary>
    public int MaxTokens { get; init; } = 3072;

    internal SamplingOptions ToSampling() =>
        new(Temperature, TopP, TopK, MinP, MaxTokens) { RepetitionPenalty = RepetitionPenalty, Order = SamplingOrder };
}

public enum Expansion
{
    /// <summary>All siblings of a level at once.</summary>
    Parallel,

    /// <summary>One request after the other, in the order of the paper's own scripts.</summary>
    Sequential,
}

public enum Selection
{
    /// <summary>The highest values; the first of equals.</summary>
    Greedy,

    /// <summary>Drawn without replacement in proportion to value (seeded).</summary>
    ByValue,
}
