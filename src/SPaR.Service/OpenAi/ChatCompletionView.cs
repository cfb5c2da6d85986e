using System.Text.Json.Serialization;
using SPaR.Service.Live;

namespace SPaR.Service.OpenAi;

/// <param name="Object"><c>chat.completion</c></param>
/// <param name="Created">Seconds since 1970.</param>
/// <param name="Model">As the request named it.</param>
/// <param name="SystemFingerprint">Names the version of the model.</param>
/// <param name="Refinement">With <c>tree_search</c>: the id of the refinement, at <c>/v1/refinements</c>.</param>
internal sealed record ChatCompletion(
    string Id, string Object, long Created, string Model, string? SystemFingerprint, IReadOnlyList<ChatChoice> Choices, ChatUsage Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Refinement);

/// <param name="FinishReason"><c>stop</c>, or <c>length</c> if the token limit cut it off.</param>
internal sealed record ChatChoice(int Index, AssistantMessage Message, object? Logprobs, string FinishReason);

/// <param name="Role"><c>assistant</c></param>
/// <param name="ReasoningContent">What the model thought before it answered.</param>
internal sealed record AssistantMessage(
    string Role, string Content, string? Refusal,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ReasoningContent);

internal sealed record ChatUsage(long PromptTokens, long CompletionTokens, long TotalTokens)
{
    public static ChatUsage Of(LiveUsage usage) => new(usage.Prompt, usage.Generated, usage.Prompt + usage.Generated);
}

/// <param name="Object"><c>chat.completion.chunk</c></param>
/// <param name="Usage">In the last chunk, if it was asked for.</param>
internal sealed record ChatChunk(
    string Id, string Object, long Created, string Model, string? SystemFingerprint, IReadOnlyList<ChunkChoice> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ChatUsage? Usage);

internal sealed record ChunkChoice(int Index, ChatDelta Delta, object? Logprobs, string? FinishReason);

/// <summary>What is new of a message.</summary>
internal sealed record ChatDelta(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Content = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ReasoningContent = null);
