using SPaR.Abstractions;
using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>One item on its way: whom to ask and how. Leaves no rows but the result.</summary>
/// <param name="Ordinal">The item's position; seeds derive from it.</param>
/// <param name="Recipe">How the players are asked: prompts, sampling, votes, search.</param>
public sealed record Measuring(string EvaluationId, int Ordinal, long Seed, RunModels Players, Recipe Recipe, Decoding Decoding)
{
    /// <summary>Checks answers to a prompt exactly. Null in every evaluation that is stored: whoever is measured is not told the truth.
    /// </summary>
    internal Func<string, IVerifier>? Verifying { get; init; }

    /// <summary>A walk that stores nothing, for the stages of a run.</summary>
    public ItemRun ItemRun(IReadOnlyList<ChatMessage> prompt) => ItemRun(prompt, new UnstoredJournal());

    /// <param name="journal">Is handed the rows and what they cost.</param>
    internal ItemRun ItemRun(IReadOnlyList<ChatMessage> prompt, IJournal journal) =>
        new(new(EvaluationId, 0, $"{Ordinal}"), Ordinal, prompt, Seed, Recipe, Players, journal) {
            Verifier = Verifying?.Invoke(prompt[^1].Content) };
}
