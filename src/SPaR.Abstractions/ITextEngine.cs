using System.Collections.Immutable;

namespace SPaR.Abstractions;

/// <summary>Loads models, generates text with them and scores texts by them. Knows conversations and tokens; knows nothing of judging,
/// trees or storage.</summary>
public interface ITextEngine : IAsyncDisposable
{
    /// <summary>Loads a model; the same file loaded twice shares its weights, and is freed when the last handle is disposed.</summary>
    /// <exception cref="ModelRejectedException">The file cannot be used; the message says why.</exception>
    Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken);
}

/// <summary>A loaded model. Thread-safe: requests of any number of callers are decoded in common batches.</summary>
public interface ITextModel : IAsyncDisposable
{
    ModelFile File { get; }

    /// <summary>The most tokens that prompt and generation of one request may have together.</summary>
    int ContextTokens { get; }

    /// <summary>How many sequences one batch can hold; a caller that keeps about this many samples in flight fills it.</summary>
    int Sequences { get; }

    /// <summary>Generates one sample for each seed from one prefill of the prompt.</summary>
    /// <returns>The samples in the order of the seeds.</returns>
    /// <exception cref="PromptTooLongException">Prompt and token limit together exceed <see cref="ContextTokens"/>.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled; its memory is free again.</exception>
    Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken);

    /// <summary>How likely the model would be to continue with each of some texts. Batched, lined up and kept exact as generation
    /// is.</summary>
    /// <returns>The scores in the order of the continuations.</returns>
    /// <exception cref="ArgumentException">There is no continuation, one is empty, or the conversation does not end with a user
    /// turn.</exception>
    /// <exception cref="PromptTooLongException">Prompt and longest continuation together exceed <see cref="ContextTokens"/>.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled; its memory is free again.</exception>
    Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken);

    /// <summary>Token ids of plain text: no control tokens, no beginning-of-sequence token.</summary>
    ImmutableArray<int> Tokenize(string text);

    /// <summary>The tokens that <see cref="GenerateAsync"/> starts from: the template with what opens the answer, and exactly one
    /// beginning-of-sequence token where the model has one. Nothing is cut off, however long it is.</summary>
    /// <param name="prompt">Ends with a user turn.</param>
    /// <exception cref="ArgumentException">It does not, or the template has no place for one of its turns.</exception>
    ImmutableArray<int> Encode(Conversation prompt);

    /// <summary>The tokens that a model would have to generate to give this answer to this prompt: they follow those of
    /// <see cref="Encode"/>, so a prompt is a token prefix of all its answers.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Encode"/>, or the template ends no turn with a control token.</exception>
    EncodedAnswer EncodeAnswer(Conversation prompt, string answer);
}

/// <param name="Content">What the answer says.</param>
/// <param name="End">What ends the turn: all that the template writes behind the answer, up to and with the first control token.</param>
public sealed record EncodedAnswer(ImmutableArray<int> Content, ImmutableArray<int> End);

/// <summary>A GGUF file that registration has checked. <paramref name="Template"/> names the chat template.</summary>
public sealed record ModelFile(string Path, string Sha256, string Template)
{
    /// <summary>Applied to the weights of <see cref="Path"/>, which all models on the same file share; null for these
    /// alone.</summary>
    public AdapterFile? Adapter { get; init; }

    /// <summary>Tells it from every other model: of its own content, which is the adapter's where it has one.</summary>
    public string Hash => Adapter?.Sha256 ?? Sha256;

    /// <summary>What logs and errors call it.</summary>
    public string Name => Adapter is null ? Path : $"{Path} with {Adapter.Path}";
}

/// <summary>A low-rank adapter in llama.cpp's form.</summary>
public sealed record AdapterFile(string Path, string Sha256);

/// <param name="Conversation">Ends with a user turn; the model continues with an assistant turn.</param>
/// <param name="Seeds">One per sample; a sample depends on its seed and the conversation only, up to differences of rounding
/// between batch shapes.</param>
/// <param name="Purpose">What asks, for logs and scripted engines: "sample", "judge r.0.1 #2", "refine r.0.1 #1".</param>
public sealed record GenerationRequest(Conversation Conversation, SamplingOptions Sampling, ImmutableArray<ulong> Seeds, string Purpose)
{
    public RequestPriority Priority { get; init; } = RequestPriority.Shared;

    /// <summary>Keeps what was computed for the prompt and the samples until <see cref="GenerationResult.Trunk"/> is disposed, so that
    /// conversations which continue them start from there. Where memory runs out it is computed again instead.</summary>
    public bool Retain { get; init; }

    /// <summary>The samples are the same, bit for bit, whatever else the engine has to do: they are computed apart from everything else, in
    /// groups of fixed size and order. Costs the sharing of batches and prefixes.</summary>
    public bool Deterministic { get; init; }
}

/// <summary>Where a request stands among others that wait.</summary>
/// <param name="Run">Runs get equal parts of the batch.</param>
/// <param name="Ordinal">Within a run the lowest goes first, so that what was begun is finished before more is begun.</param>
/// <param name="Express">Goes before all that is not: somebody is waiting for it.</param>
public sealed record RequestPriority(string Run, long Ordinal, bool Express = false)
{
    public static RequestPriority Shared { get; } = new("", 0);
}

/// <summary>How the next token is drawn. The filters are top-k, then top-p, then min-p, each over what the one before left.</summary>
/// <param name="Temperature">0 takes the most probable token (greedy).</param>
/// <param name="TopP">The smallest set of tokens with at least this probability; 1 keeps all.</param>
/// <param name="TopK">The most probable so many tokens; 0 keeps all.</param>
/// <param name="MinP">Tokens at least this share of the most probable one; 0 keeps all.</param>
/// <param name="MaxTokens">A sample that reaches this many tokens is cut and marked <see cref="FinishReason.Length"/>.</param>
public sealed record SamplingOptions(double Temperature, double TopP, int TopK, double MinP, int MaxTokens)
{
    /// <summary>Makes the tokens that stood before less likely, before all else: the logit of each token of the prompt (with what its
    /// template writes) and of the answer so far is divided by it where positive and multiplied where negative, once however often the
    /// token stood. CTRL (arXiv 1909.05858), section 4.1, over the window that Hugging Face and vLLM take; llama.cpp takes the last 64
    /// tokens. 1 is off, below 1 makes them more likely.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    public SamplingOrder Order { get; init; }
}

/// <summary>Whether the filters see the model's own distribution or the tempered one.</summary>
public enum SamplingOrder
{
    /// <summary>The field's: a high temperature lets more tokens through top-p and min-p.</summary>
    TemperatureFirst,

    /// <summary>llama.cpp's: what the filters keep does not depend on the temperature.</summary>
    FiltersFirst,
}

public enum FinishReason
{
    /// <summary>The model ended its turn.</summary>
    Stop,

    /// <summary>The token limit cut it.</summary>
    Length,
}

/// <param name="Text">What was generated, control tokens left out, white space as generated.</param>
/// <param name="Tokens">The token ids, without the end-of-turn token.</param>
public sealed record Sample(string Text, ImmutableArray<int> Tokens, FinishReason Finish);

public sealed record GenerationResult(ImmutableArray<Sample> Samples, TokenUsage Usage)
{
    /// <summary>Holds what <see cref="GenerationRequest.Retain"/> asked to keep, until disposed; null where it did not.</summary>
    public IPrefixLease? Trunk { get; init; }
}

/// <summary>A hold on what was computed for a request; disposing it lets go.</summary>
public interface IPrefixLease : IDisposable
{
    /// <summary>Lets go of all samples but one.</summary>
    void Keep(int sample);
}

/// <param name="PrefillComputed">Prompt tokens that were decoded.</param>
/// <param name="PrefillForked">Prompt tokens that were taken from another sequence instead.</param>
/// <param name="Generated">Tokens drawn, end-of-turn tokens included.</param>
public readonly record struct TokenUsage(long PrefillComputed, long PrefillForked, long Generated)
{
    public static TokenUsage operator +(TokenUsage a, TokenUsage b) => a.Add(b);

    public TokenUsage Add(TokenUsage other) =>
        new(PrefillComputed + other.PrefillComputed, PrefillForked + other.PrefillForked, Generated + other.Generated);
}

/// <summary>A request that alone cannot fit the context.</summary>
public sealed class PromptTooLongException(int promptTokens, int maxTokens, int contextTokens) : Exception(
    $"The prompt has {promptTokens} tokens and the answer may have {maxTokens}: together more than the {contextTokens} of the context. "
    + "Shorten the prompt or lower max_tokens.")
{
    public int PromptTokens { get; } = promptTokens;

    public int MaxTokens { get; } = maxTokens;

    public int ContextTokens { get; } = contextTokens;
}

/// <summary>A model file that cannot be used. The message names the file, what is wrong and what to do.</summary>
/// <param name="code">Stable: <c>not-found</c>, <c>not-gguf</c>, <c>truncated</c>, <c>malformed</c>, <c>unknown-architecture</c>,
/// <c>unknown-template</c>, <c>not-an-adapter</c>, <c>adapter-mismatch</c>, <c>too-large</c>, <c>load-failed</c>.</param>
public sealed class ModelRejectedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>The native libraries that an engine needs are missing or do not load. The message says what to run.</summary>
public sealed class NativeLibraryMissingException(string message, Exception? inner = null) : Exception(message, inner);
