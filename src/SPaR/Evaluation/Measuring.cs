using SPaR.Instructions;
using SPaR.Runs;
using SPaR.Verifying;

namespace SPaR.Evaluation;

/// <summary>One item on its way: whom to ask and how. Leaves no rows but the result.</summary>
/// <param name="Ordinal">The item's position; seeds derive from it.</param>
/// <param name="Recipe">How the players are asked: prompts, sampling, votes, search.</param>
public sealed record Measuring(string EvaluationId, int Ordinal, long Seed, Players Players, Recipe Recipe, Decoding Decoding)
{
    /// <summary>Checks answers to a prompt exactly. Null in every evaluation that is stored: whoever is measured is not told the truth.
    /// </summary>
    internal Func<string, IVerifier>? Verifying { get; init; }

    /// <summary>A walk that stores nothing, for the stages of a run.</summary>
    public Walk Walk(IReadOnlyList<ChatMessage> prompt) => Walk(prompt, new UnstoredJournal());

    /// <param name="journal">Is handed the rows and what they cost.</param>
    internal Walk Walk(IReadOnlyList<ChatMessage> prompt, IJournal journal) =>
        new(new(EvaluationId, 0, $"{Ordinal}"), Ordinal, prompt, Seed, Recipe, Players, journal) { Verifier = Verifying?.Invoke(prompt[^1].Content) };
}

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
