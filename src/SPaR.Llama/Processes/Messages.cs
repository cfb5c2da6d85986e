using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SPaR.Llama.Memory;
using SPaR.Llama.Models;

namespace SPaR.Llama.Processes;

/// <summary>A call from a worker to the process of a model.</summary>
/// <param name="Id">The reply has the same.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "call")]
[JsonDerivedType(typeof(CheckCall), "check")]
[JsonDerivedType(typeof(LoadCall), "load")]
[JsonDerivedType(typeof(GenerateCall), "generate")]
[JsonDerivedType(typeof(ScoreCall), "score")]
[JsonDerivedType(typeof(TokenizeCall), "tokenize")]
[JsonDerivedType(typeof(EncodeCall), "encode")]
[JsonDerivedType(typeof(EncodeAnswerCall), "encode-answer")]
[JsonDerivedType(typeof(CancelCall), "cancel")]
[JsonDerivedType(typeof(KeepCall), "keep")]
[JsonDerivedType(typeof(ReleaseCall), "release")]
internal abstract record Call(long Id);

/// <summary>Loads llama.cpp but no model. The first and only call to a process. Reply: <see cref="Ready"/>.</summary>
internal sealed record CheckCall(long Id) : Call(Id);

/// <summary>Loads a model. Otherwise the first call to a process. Reply: <see cref="Loaded"/>.</summary>
/// <param name="Others">The memory that the models of other processes hold.</param>
internal sealed record LoadCall(long Id, ModelFile File, LlamaOptions Options, MemoryPlan Others) : Call(Id);

/// <summary>While it runs, a <see cref="Progressed"/> is sent about once a second, and as soon as there is text that is streamed. Reply:
/// <see cref="Generated"/>.</summary>
internal sealed record GenerateCall(long Id, GenerationRequest Request) : Call(Id);

internal sealed record ScoreCall(long Id, ScoringRequest Request) : Call(Id);

internal sealed record TokenizeCall(long Id, string Text) : Call(Id);

internal sealed record EncodeCall(long Id, Conversation Prompt) : Call(Id);

internal sealed record EncodeAnswerCall(long Id, Conversation Prompt, string Answer) : Call(Id);

/// <summary>Has no reply; the cancelled call has one.</summary>
/// <param name="Id">The call to cancel.</param>
internal sealed record CancelCall(long Id) : Call(Id);

/// <summary>Has no reply.</summary>
/// <param name="Id">The <see cref="GenerateCall"/> whose prefixes are leased.</param>
internal sealed record KeepCall(long Id, int Sample) : Call(Id);

/// <summary>Has no reply.</summary>
/// <param name="Id">The <see cref="GenerateCall"/> whose prefixes are leased.</param>
internal sealed record ReleaseCall(long Id) : Call(Id);

/// <summary>A reply from the process of a model.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "reply")]
[JsonDerivedType(typeof(Ready), "ready")]
[JsonDerivedType(typeof(Loaded), "loaded")]
[JsonDerivedType(typeof(Progressed), "progressed")]
[JsonDerivedType(typeof(Generated), "generated")]
[JsonDerivedType(typeof(Scored), "scored")]
[JsonDerivedType(typeof(Encoded), "encoded")]
[JsonDerivedType(typeof(AnswerEncoded), "answer-encoded")]
[JsonDerivedType(typeof(Failed), "failed")]
internal abstract record Reply(long Id);

internal sealed record Ready(long Id) : Reply(Id);

/// <param name="Plan">The memory that the model holds.</param>
/// <param name="Mapped">Bytes of its weights that processes on the same file share.</param>
internal sealed record Loaded(long Id, int ContextTokens, int Sequences, MemoryPlan Plan, long Mapped) : Reply(Id);

/// <summary>Not the reply yet.</summary>
internal sealed record Progressed(long Id, GenerationProgress Progress) : Reply(Id);

/// <param name="Retained">Whether prefixes are leased under the id until they are released.</param>
internal sealed record Generated(long Id, ImmutableArray<Sample> Samples, TokenUsage Usage, bool Retained) : Reply(Id);

internal sealed record Scored(long Id, ScoringResult Result) : Reply(Id);

internal sealed record Encoded(long Id, ImmutableArray<int> Tokens) : Reply(Id);

internal sealed record AnswerEncoded(long Id, EncodedAnswer Answer) : Reply(Id);

/// <summary>An exception, to be rethrown by the caller.</summary>
/// <param name="Code">The code of a <see cref="ModelRejectedException"/>.</param>
/// <param name="Numbers">Of a <see cref="PromptTooLongException"/>: the tokens of the prompt, the answer and the context.</param>
internal sealed record Failed(long Id, FailureKind Kind, string Message, string? Code = null, ImmutableArray<int>? Numbers = null)
    : Reply(Id)
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

/// <summary>The process of a model failed, or a call to it did.</summary>
internal sealed class EngineProcessException(string message) : Exception(message);
