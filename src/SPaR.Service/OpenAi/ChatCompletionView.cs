using System.Collections.Immutable;
using System.Text;
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
internal sealed record ChatChoice(int Index, AssistantMessage Message, ChatLogprobs? Logprobs, string FinishReason);

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

internal sealed record ChunkChoice(int Index, ChatDelta Delta, ChatLogprobs? Logprobs, string? FinishReason);

/// <summary>What is new of a message.</summary>
internal sealed record ChatDelta(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Content = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ReasoningContent = null);

/// <summary>How likely the tokens of an answer were.</summary>
internal sealed record ChatLogprobs(IReadOnlyList<ChatTokenLogprobs> Content, IReadOnlyList<ChatTokenLogprobs>? Refusal)
{
    public static ChatLogprobs? Of(ImmutableArray<TokenLogProbs>? tokens) => tokens is { } given
        ? new([.. given.Select(t => new ChatTokenLogprobs(
            TextOf(t.Token), t.Token.LogProb, BytesOf(t.Token),
            [.. t.Top.Select(top => new ChatTokenLogprob(TextOf(top), top.LogProb, BytesOf(top)))]))], null)
        : null;

    private static string TextOf(TokenLogProb token) => Encoding.UTF8.GetString(token.Bytes);

    private static IReadOnlyList<int> BytesOf(TokenLogProb token) => [.. token.Bytes.Select(b => (int)b)];
}

/// <param name="Token">Its text; a part of a character is shown as U+FFFD.</param>
/// <param name="Bytes">Its text in UTF-8.</param>
/// <param name="TopLogprobs">The most probable tokens in its place, the most probable first.</param>
internal sealed record ChatTokenLogprobs(
    string Token, double Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<ChatTokenLogprob> TopLogprobs);

/// <inheritdoc cref="ChatTokenLogprobs"/>
internal sealed record ChatTokenLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes);
