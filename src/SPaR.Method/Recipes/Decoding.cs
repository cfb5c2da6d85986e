namespace SPaR.Method.Recipes;

/// <summary>How an answer is produced.</summary>
public enum Decoding
{
    /// <summary>The most probable token at each step.</summary>
    Greedy,

    /// <summary>One sample, with the recipe's sampling options.</summary>
    Sample,

    /// <summary>The recipe's number of samples; the one with the judge's highest value wins, of equals the first.</summary>
    BestOfN,

    /// <summary>One sample; if the judge calls it bad, breadth-first search refines it.</summary>
    Bfs,

    /// <summary>As <see cref="Bfs"/>, depth-first.</summary>
    Dfs,
}
