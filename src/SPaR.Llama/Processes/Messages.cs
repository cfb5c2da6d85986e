using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SPaR.Abstractions;
using SPaR.Llama.Memory;
using SPaR.Llama.Models;

namespace SPaR.Llama.Processes;

/// <summary>What a worker sends to the process of a model.</summary>
/// <param name="Id">The answer has the same.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "ask")]
[JsonDerivedType(typeof(CheckAsk), "check")]
[JsonDerivedType(typeof(LoadAsk), "load")]
[JsonDerivedType(typeof(GenerateAsk), "generate")]
[JsonDerivedType(typeof(ScoreAsk), "score")]
[JsonDerivedType(typeof(TokenizeAsk), "tokenize")]
[JsonDerivedType(typeof(EncodeAsk), "encode")]
[JsonDerivedType(typeof(EncodeAnswerAsk), "encode-answer")]
[JsonDerivedType(typeof(CancelAsk), "cancel")]
[JsonDerivedType(typeof(KeepAsk), "keep")]
[JsonDerivedType(typeof(ReleaseAsk), "release")]
internal abstract record Ask(long Id);

/// <summary>Loads llama.cpp and no model. The first and only one to a process; answered by <see cref="Ready"/>.</summary>
internal sealed record CheckAsk(long Id) : Ask(Id);

/// <summary>The first one to a process otherwise; answered by <see cref="Loaded"/>.</summary>
/// <param name="Others">The memory that the models of other processes hold.</param>
internal sealed record LoadAsk(long Id, ModelFile File, LlamaOptions Options, MemoryPlan Others) : Ask(Id);

internal sealed record GenerateAsk(long Id, GenerationRequest Request) : Ask(Id);

internal sealed record ScoreAsk(long Id, ScoringRequest Request) : Ask(Id);

internal sealed record TokenizeAsk(long Id, string Text) : Ask(Id);

internal sealed record EncodeAsk(long Id, Conversation Prompt) : Ask(Id);

internal sealed record EncodeAnswerAsk(long Id, Conversation Prompt, string Answer) : Ask(Id);

/// <summary>Not answered itself; what it cancels is.</summary>
/// <param name="Id">Of what is cancelled.</param>
internal sealed record CancelAsk(long Id) : Ask(Id);

/// <summary>Not answered.</summary>
/// <param name="Id">Of the request whose trunk it is.</param>
internal sealed record KeepAsk(long Id, int Sample) : Ask(Id);

/// <summary>Not answered.</summary>
/// <param name="Id">Of the request whose trunk it is.</param>
internal sealed record ReleaseAsk(long Id) : Ask(Id);

/// <summary>What the process of a model answers.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "answer")]
[JsonDerivedType(typeof(Ready), "ready")]
[JsonDerivedType(typeof(Loaded), "loaded")]
[JsonDerivedType(typeof(Generated), "generated")]
[JsonDerivedType(typeof(Scored), "scored")]
[JsonDerivedType(typeof(Encoded), "encoded")]
[JsonDerivedType(typeof(AnswerEncoded), "answer-encoded")]
[JsonDerivedType(typeof(Failed), "failed")]
internal abstract record Answer(long Id);

internal sealed record Ready(long Id) : Answer(Id);

/// <param name="Plan">The memory that the model holds.</param>
/// <param name="Mapped">Bytes of its weights that processes on the same file share.</param>
internal sealed record Loaded(long Id, int ContextTokens, int Sequences, MemoryPlan Plan, long Mapped) : Answer(Id);

/// <param name="Holds">Whether a trunk is kept under the id until it is released.</param>
internal sealed record Generated(long Id, ImmutableArray<Sample> Samples, TokenUsage Usage, bool Holds) : Answer(Id);

internal sealed record Scored(long Id, ScoringResult Result) : Answer(Id);

internal sealed record Encoded(long Id, ImmutableArray<int> Tokens) : Answer(Id);

internal sealed record AnswerEncoded(long Id, EncodedAnswer Answer) : Answer(Id);

/// <summary>An exception, so that the same one can be thrown on the other side.</summary>
/// <param name="Code">Of a model that was rejected.</param>
/// <param name="Numbers">Of a prompt that is too long: its tokens, the answer's, the context's.</param>
internal sealed record Failed(long Id, FailureKind Kind, string Message, string? Code = null, ImmutableArray<int>? Numbers = null)
    : Answer(Id)
{
    public static Failed Of(long id, Exception exception) => exception switch
    {
        PromptTooLongException e => new(
            id, FailureKind.PromptTooLong, e.Message, Numbers: [e.PromptTokens, e.MaxTokens, e.ContextTokens]),
        ModelRejectedException e => new(id, FailureKind.ModelRejected, e.Message, e.Code),
        NoRoomException => new(id, FailureKind.NoRoom, exception.Message),
        NativeLibraryMissingException => new(id, FailureKind.NativeLibraryMissing, exception.Message),
        OperationCanceledException => new(id, FailureKind.Cancelled, exception.Message),
        ArgumentException => new(id, FailureKind.Argument, exception.Message),
        _ => new(id, FailureKind.Other, exception.Message),
    };

    public Exception ToException(CancellationToken cancellationToken) => Kind switch
    {
        FailureKind.PromptTooLong when Numbers is [var prompt, var most, var context] =>
            new PromptTooLongException(prompt, most, context),
        FailureKind.ModelRejected => new ModelRejectedException(Code!, Message),
        FailureKind.NoRoom => new NoRoomException(Message),
        FailureKind.NativeLibraryMissing => new NativeLibraryMissingException(Message),
        FailureKind.Cancelled => new OperationCanceledException(Message, cancellationToken),
        FailureKind.Argument => new ArgumentException(Message),
        _ => new EngineProcessException(Message),
    };
}

[JsonConverter(typeof(JsonStringEnumConverter<FailureKind>))]
internal enum FailureKind
{
    Other,
    PromptTooLong,
    ModelRejected,
    NoRoom,
    NativeLibraryMissing,
    Cancelled,
    Argument,
}

/// <summary>The process of a model failed, or could not do what it was asked.</summary>
internal sealed class EngineProcessException(string message) : Exception(message);
