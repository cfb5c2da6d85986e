using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using SPaR.Service.Http;
using SPaR.Service.Live;

namespace SPaR.Service.OpenAi;

/// <summary>Turns what a worker writes for a completion, or for a refinement, into OpenAI's answer: whole or in chunks.</summary>
internal sealed class ChatAnswer(ChatCompletionRequest asked, LiveRequest request, LiveAnswer answer)
{
    private const string Assistant = "assistant";

    /// <summary>OpenAI's code, as its clients look for it.</summary>
    private const string TooLong = "context-length-exceeded";

    private readonly List<LiveContent> _contents = [];

    private string Id => $"chatcmpl-{request.Id[(request.Id.IndexOf('_', StringComparison.Ordinal) + 1)..]}";

    private bool IsRefined => request.Recipe is not null;

    public async Task<IResult> WholeAsync(CancellationToken cancellationToken)
    {
        while (await answer.NextAsync(cancellationToken) is { } content)
            _contents.Add(content);
        if (Failure() is { } failure)
            return new ProblemResult(failure);
        var (choices, usage) = Result();
        return TypedResults.Json(
            new ChatCompletion(
                Id, "chat.completion", request.CreatedAt.ToUnixTimeSeconds(), asked.Model, Fingerprint,
                [.. choices.Select((c, i) => new ChatChoice(
                    i, new(Assistant, c.Text, null, c.Reasoning), ChatLogprobs.Of(c.LogProbs), ReasonOf(c.Finish)))],
                ChatUsage.Of(usage), IsRefined ? request.Id : null),
            ApiJson.Options);
    }

    /// <summary>Waits for the first text: what fails before it is answered with its status.</summary>
    public async Task<IResult> StreamAsync(CancellationToken cancellationToken)
    {
        LiveContent? first;
        do
        {
            first = await answer.NextAsync(cancellationToken);
        }
        while (first is { Text: null } && !IsRefined);

        return first is null && Failure() is { } failure
            ? new ProblemResult(failure)
            : new EventStream(EventsAsync(first, cancellationToken), EventStream.ServerSent);
    }

    private string Fingerprint => $"fp_{request.ActorId[^12..]}";

    private static string ReasonOf(FinishReason finish) => finish is FinishReason.Length ? "length" : "stop";

    private async IAsyncEnumerable<StreamedEvent> EventsAsync(
        LiveContent? first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var owned = answer;
        foreach (var i in Enumerable.Range(0, request.Completion?.N ?? 1))
            yield return Chunk(new ChunkChoice(i, new(Assistant, ""), null, null));
        for (var content = first; content is not null; content = await answer.NextAsync(cancellationToken))
        {
            _contents.Add(content);
            foreach (var text in content.Text ?? [])
                yield return Chunk(new ChunkChoice(text.Choice, Delta(text.Text, text.Reasoning), null, null));
        }

        if (Failure() is { } failure)
        {
            yield return new(null, OpenAiError.Of(failure));
            yield break;
        }

        var (choices, usage) = Result();
        if (IsRefined)
            yield return Chunk(new ChunkChoice(0, Delta(choices[0].Text, choices[0].Reasoning ?? ""), null, null));
        foreach (var (i, choice) in choices.Index())
            yield return Chunk(new ChunkChoice(i, new(), ChatLogprobs.Of(choice.LogProbs), ReasonOf(choice.Finish)));
        if (asked.StreamOptions?.IncludeUsage is true)
            yield return new(null, Chunk([], ChatUsage.Of(usage)));
        yield return new(null, "[DONE]");
    }

    private static ChatDelta Delta(string text, string reasoning) => new(
        Content: text.Length > 0 ? text : null, ReasoningContent: reasoning.Length > 0 ? reasoning : null);

    private StreamedEvent Chunk(ChunkChoice choice) => new(null, Chunk([choice], null));

    private ChatChunk Chunk(IReadOnlyList<ChunkChoice> choices, ChatUsage? usage) => new(
        Id, "chat.completion.chunk", request.CreatedAt.ToUnixTimeSeconds(), asked.Model, Fingerprint, choices, usage);

    private Problem? Failure()
    {
        if (LiveFailures.Of(answer.End!) is { } failure)
            return failure.Code == LiveFailures.TooLong ? failure with { Code = TooLong } : failure;
        return IsRefined && Refined().Best is null
            ? new(
                StatusCodes.Status422UnprocessableEntity, TooLong,
                "The prompt and an answer together do not fit the model's context. Shorten the prompt or lower max_tokens.")
            : null;
    }

    private (ImmutableArray<CompletionChoice> Choices, LiveUsage Usage) Result()
    {
        if (!IsRefined)
            return (answer.End!.Result!.Choices!.Value, answer.End.Result.Usage!);
        var refined = Refined();
        var best = refined.Best!;
        return (
            [new(best.Text, best.Reasoning, best.Truncated ? FinishReason.Length : FinishReason.Stop)],
            new(refined.Usage.PromptTokens, refined.Usage.GeneratedTokens));
    }

    private RefinementView Refined() => RefinementView.Of(answer.End!, _contents);
}
