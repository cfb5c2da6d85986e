using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>How one item is measured: which models are asked, and how. Leaves no rows but the result.</summary>
/// <param name="Ordinal">The item's position; seeds derive from it.</param>
/// <param name="Recipe">How the models are asked: prompts, sampling, votes, search.</param>
public sealed record Measuring(string EvaluationId, int Ordinal, long Seed, RunModels Models, Recipe Recipe, Decoding Decoding)
{
    /// <summary>Makes the verifier of a prompt. Null in every stored evaluation: a model that is measured must not be told the
    /// truth.</summary>
    internal Func<string, IVerifier>? Verifying { get; init; }

    /// <summary>An item that stores nothing, for the stages of a run.</summary>
    public ItemRun ItemRun(IReadOnlyList<ChatMessage> prompt) => ItemRun(prompt, new UnstoredJournal());

    internal ItemRun ItemRun(IReadOnlyList<ChatMessage> prompt, IJournal journal) =>
        new(new(EvaluationId, 0, $"{Ordinal}"), Ordinal, prompt, Seed, Recipe, Models, journal)
        {
            Verifier = Verifying?.Invoke(prompt[^1].Content),
        };
}
