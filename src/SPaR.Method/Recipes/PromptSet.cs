using System.Collections.Immutable;
using SPaR.Abstractions;

namespace SPaR.Method.Recipes;

/// <summary>The wording of judging and refining, replaceable in a recipe because a refiner may have been trained on another.</summary>
public sealed record PromptSet
{
    public string Name { get; init; } = "custom";

    /// <summary>The judge's conversation; <c>{prompt}</c> and <c>{response}</c> are filled once, never recursively. Ends with a user
    /// message.</summary>
    public required ImmutableArray<ChatMessage> Judge { get; init; }

    /// <summary>The user message that continues a judgement and asks for a mended answer.</summary>
    public required string Refine { get; init; }

    public required VerdictFormat Verdict { get; init; }

    public AnswerFormat Answer { get; init; } = new(null, null);

    public static PromptSet Default { get; } = DefaultPrompts.Create();
}

/// <summary>Where the verdict stands in a vote: whole words only.</summary>
/// <param name="Marker">Text before the verdict; the last occurrence counts. Null looks at the whole vote.</param>
/// <param name="Take"><c>first</c>: the first verdict word after the marker. <c>last</c>: the last word of the vote, if it is a
/// verdict.</param>
public sealed record VerdictFormat(string? Marker, string Take, ImmutableArray<string> Yes, ImmutableArray<string> No);

/// <summary>Where a mended answer stands in a reply: between the last <paramref name="Open"/> and the next
/// <paramref name="Close"/>, or the whole reply when both are null.</summary>
public sealed record AnswerFormat(string? Open, string? Close);
