using System.Collections.Immutable;

namespace SPaR.Method.Recipes;

/// <summary>The prompts for judging and refining. A recipe can replace them, because a refiner may have been trained on others.</summary>
public sealed record PromptSet
{
    public string Name { get; init; } = "custom";

    /// <summary>The judge's conversation, which ends with a user message. <c>{prompt}</c> and <c>{response}</c> are filled once, never
    /// recursively.</summary>
    public required ImmutableArray<ChatMessage> Judge { get; init; }

    /// <summary>The user message that follows a critique and asks for a refined answer.</summary>
    public required string Refine { get; init; }

    public required VerdictFormat Verdict { get; init; }

    public AnswerFormat Answer { get; init; } = new(null, null);

    public static PromptSet Default { get; } = DefaultPrompts.Create();
}

/// <summary>Where a vote has its verdict; only whole words count.</summary>
/// <param name="Marker">The text before the verdict; its last occurrence counts. Null searches the whole vote.</param>
/// <param name="Take"><c>first</c>: the first verdict word after the marker. <c>last</c>: the last word of the vote, if it is a
/// verdict.</param>
public sealed record VerdictFormat(string? Marker, string Take, ImmutableArray<string> Yes, ImmutableArray<string> No);

/// <summary>Where a reply has the refined answer: between the last <paramref name="Open"/> and the next
/// <paramref name="Close"/>, or the whole reply if both are null.</summary>
public sealed record AnswerFormat(string? Open, string? Close);
