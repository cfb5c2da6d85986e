using System.Collections.Immutable;

namespace SPaR.Method.Items;

/// <summary>What a model generated, and the part of it that counts.</summary>
/// <param name="Reasoning">Null if there is none, or the recipe leaves it in the text.</param>
/// <param name="Before">What was generated before <paramref name="Text"/>: the reasoning with its marks.</param>
/// <param name="Text">The answer, critique or refinement, white space included.</param>
internal sealed record Reply(Sample Sample, string? Reasoning, string Before, string Text)
{
    public bool Truncated => Sample.Finish == FinishReason.Length;

    /// <param name="format">Null leaves the sample whole.</param>
    public static Reply Of(Sample sample, ReasoningFormat? format, bool opened)
    {
        var (reasoning, before, text) = format?.Split(sample.Text, opened) ?? new(null, "", sample.Text);
        return new(sample, reasoning, before, text);
    }
}

/// <param name="All">In the order of the request's seeds.</param>
internal sealed record Replies(ImmutableArray<Reply> All, GenerationResult Result)
{
    public TokenUsage Usage => Result.Usage;
}
