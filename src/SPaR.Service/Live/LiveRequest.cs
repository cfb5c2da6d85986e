using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Tracing;

namespace SPaR.Service.Live;

/// <summary>Something that a client waits for: a refinement or a completion. Any worker may take it. One that takes it over from a dead
/// worker resumes a refinement from its outputs.</summary>
public sealed record LiveRequest
{
    /// <summary><c>rfn_…</c> or <c>cmp_…</c></summary>
    public required string Id { get; init; }

    public required RunStatus Status { get; init; }

    /// <summary>The model that answers.</summary>
    public required string ActorId { get; init; }

    public required string RefinerId { get; init; }

    public required string JudgeId { get; init; }

    /// <summary>The conversation up to the answer; the last message is the user's.</summary>
    public required ImmutableArray<ChatMessage> Messages { get; init; }

    public required long Seed { get; init; }

    /// <summary>How it is refined; null for a completion.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>The answer to refine; null if the actor answers.</summary>
    public string? Answer { get; init; }

    /// <summary>Of a refinement, stored as given.</summary>
    public JsonNode? Constraints { get; init; }

    /// <summary>How a completion is generated; null for a refinement.</summary>
    public CompletionOptions? Completion { get; init; }

    /// <summary>The span of the request that waits for it, as W3C's traceparent; null if that is not recorded.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Null until it has succeeded.</summary>
    public LiveResult? Result { get; init; }

    public string? FailureCode { get; init; }

    public string? FailureMessage { get; init; }

    public string? LeaseOwner { get; init; }

    /// <summary>Grows by one with every lease; a write that carries an older one is refused.</summary>
    public required long LeaseEpoch { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>The process that answers the client extends it. Nobody works on what nobody waits for.</summary>
    public required DateTimeOffset WatchedUntil { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>A request that waits for a worker.</summary>
    /// <param name="prefix">Of its id.</param>
    /// <param name="models">Their ids.</param>
    /// <param name="seed">Null: one is chosen; of 53 bits, which every JSON reader holds exactly.</param>
    internal static LiveRequest Of(
        string prefix, (string Actor, string Refiner, string Judge) models, ImmutableArray<ChatMessage> messages, long? seed,
        TimeProvider time)
    {
        var (id, now) = (Ids.New(prefix, time), time.GetUtcNow());
        return new()
        {
            Id = id,
            Status = RunStatus.Queued,
            ActorId = models.Actor,
            RefinerId = models.Refiner,
            JudgeId = models.Judge,
            Messages = messages,
            Seed = seed ?? (long)(Method.Items.Seed.Derive(0, id) >> 11),
            TraceParent = WorkTrace.Current,
            LeaseEpoch = 0,
            WatchedUntil = now + LiveSubmission.Watch,
            CreatedAt = now,
        };
    }

    /// <summary>The first part of the key of its rows.</summary>
    internal ItemKey Key() => new(Id, 0, PromptHash.Of(Messages));
}

/// <param name="N">Answers.</param>
/// <param name="MaxTokens">Null: as many as fit the context, but no more than the service allows.</param>
/// <param name="Stop">Texts that end an answer.</param>
/// <param name="Thinks">Whether a model that can think does.</param>
/// <param name="Streams">Whether the text is written as it is generated.</param>
/// <param name="TopLogProbs">How many of the most probable tokens to give with every token; null: no log-probabilities.</param>
public sealed record CompletionOptions(
    int N, double Temperature, double TopP, int? MaxTokens, ImmutableArray<string> Stop, bool Thinks, bool Streams,
    int? TopLogProbs = null);

/// <summary>How a live request ended.</summary>
public sealed record LiveResult
{
    /// <summary>The state of a refinement's item.</summary>
    public ItemState? State { get; init; }

    public string? Detail { get; init; }

    /// <summary>The accepted refinement and what it refines.</summary>
    public Pair? Pair { get; init; }

    /// <summary>Of a completion, by index.</summary>
    public ImmutableArray<CompletionChoice>? Choices { get; init; }

    /// <summary>Of a completion.</summary>
    public LiveUsage? Usage { get; init; }
}

/// <param name="Reasoning">What the model thought first; null if it did not.</param>
/// <param name="LogProbs">Of the tokens of the text, if they were asked for.</param>
public sealed record CompletionChoice(
    string Text, string? Reasoning, FinishReason Finish, ImmutableArray<TokenLogProbs>? LogProbs = null);

/// <param name="Prompt">Tokens that were read.</param>
/// <param name="Generated">Tokens that were written.</param>
public sealed record LiveUsage(long Prompt, long Generated);

/// <summary>What a worker has written for a request, in order.</summary>
public sealed class LiveOutput
{
    public required string RequestId { get; init; }

    /// <summary>From 1.</summary>
    public required int Ordinal { get; init; }

    public required LiveContent Content { get; init; }
}

/// <param name="Loads">A model is being loaded first.</param>
/// <param name="Text">Of a completion.</param>
/// <param name="Rows">Of a refinement.</param>
/// <param name="Usage">What the rows cost.</param>
public sealed record LiveContent(
    bool Loads = false, ImmutableArray<CompletionText>? Text = null, ItemRecord? Rows = null, TokenUsage Usage = default);

/// <summary>Text that follows what was given of a choice before.</summary>
public sealed record CompletionText(int Choice, string Text, string Reasoning);
