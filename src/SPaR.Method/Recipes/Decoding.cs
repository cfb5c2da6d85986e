namespace SPaR.Method.Recipes;

/// <summary>How an answer comes about.</summary>
public enum Decoding
{
    /// <summary>The most probable token each time.</summary>
    Greedy,

    /// <summary>One sample, as the recipe draws it.</summary>
    Sample,

    /// <summary>The recipe's number of samples; the judge's highest value wins, the first of equals.</summary>
    BestOfN,

    /// <summary>One sample; where the judge calls it bad, breadth-first search mends it.</summary>
    Bfs,

    /// <summary>Likewise, depth-first.</summary>
    Dfs,
}
