using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace SPaR.Abstractions;

/// <summary>Loads models, generates text and scores texts. Knows conversations and tokens; knows nothing of judging, trees or
/// storage.</summary>
public interface ITextEngine : IAsyncDisposable
{
    /// <summary>Loads a model. Handles on the same file share its weights, which are freed with the last handle.</summary>
    /// <exception cref="ModelRejectedException">The file cannot be used; the message says why.</exception>
    Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken);
}

/// <summary>A loaded model. Thread-safe: requests of any number of callers share batches.</summary>
public interface ITextModel : IAsyncDisposable
{
    ModelFile File { get; }

    /// <summary>The most tokens that the prompt and the generation of one request may have together.</summary>
    int ContextTokens { get; }

    /// <summary>How many sequences fit a batch. A caller that keeps about this many samples in flight fills it.</summary>
    int Sequences { get; }

    /// <summary>How the model marks its reasoning; null if its chat template knows none.</summary>
    ReasoningFormat? Reasoning { get; }

    /// <summary>Generates one sample per seed from a single prefill of the prompt.</summary>
    /// <returns>The samples in the order of the seeds.</returns>
    /// <exception cref="PromptTooLongException">The prompt and the token limit together exceed <see cref="ContextTokens"/>.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled, and its memory is freed.</exception>
    /// <exception cref="ModelProcessDiedException">The process of the model died, several times, or after it had given text.</exception>
    Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken);

    /// <summary>Says how likely the model is to continue with each of several texts. Batching, priority and determinism are those of
    /// <see cref="GenerateAsync"/>.</summary>
    /// <returns>The scores in the order of the continuations.</returns>
    /// <exception cref="ArgumentException">There is no continuation, one is empty, or the conversation does not end with a user
    /// turn.</exception>
    /// <exception cref="PromptTooLongException">The prompt and the longest continuation together exceed
    /// <see cref="ContextTokens"/>.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled, and its memory is freed.</exception>
    Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken);

    /// <summary>Token ids of plain text: no control tokens, no beginning-of-sequence token.</summary>
    ImmutableArray<int> Tokenize(string text);

    /// <summary>The tokens that <see cref="GenerateAsync"/> starts from: the filled template up to where the answer starts, with exactly
    /// one beginning-of-sequence token if the model has one. Never truncated.</summary>
    /// <param name="prompt">Ends with a user turn.</param>
    /// <exception cref="ArgumentException">The conversation does not end with a user turn, or the template has no place for one of its
    /// turns.</exception>
    ImmutableArray<int> Encode(Conversation prompt);

    /// <summary>The tokens that the model would have to generate to give this answer. They follow those of <see cref="Encode"/>, so a
    /// prompt is a token prefix of all its answers.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Encode"/>, or the template does not end a turn with a control
    /// token.</exception>
    EncodedAnswer EncodeAnswer(Conversation prompt, string answer);
}

/// <param name="Content">The tokens of the answer itself.</param>
/// <param name="End">The tokens that end the turn: what the template writes after the answer, through the first control token.</param>
public sealed record EncodedAnswer(ImmutableArray<int> Content, ImmutableArray<int> End);

/// <summary>A registered GGUF file. <paramref name="Template"/> names the chat template.</summary>
public sealed record ModelFile(string Path, string Sha256, string Template)
{
    /// <summary>Applied to the weights of <see cref="Path"/>, which all models on that file share; null for the weights
    /// alone.</summary>
    public AdapterFile? Adapter { get; init; }

    /// <summary>Identifies the model: the hash of the adapter if there is one, else of the file.</summary>
    public string Hash => Adapter?.Sha256 ?? Sha256;

    /// <summary>Its name in logs and errors.</summary>
    public string Name => Adapter is null ? Path : $"{Path} with {Adapter.Path}";
}

/// <summary>A low-rank adapter in llama.cpp's form.</summary>
public sealed record AdapterFile(string Path, string Sha256);

/// <param name="Conversation">Ends with a user turn; the model continues with an assistant turn.</param>
/// <param name="Seeds">One per sample. A sample depends only on its seed and the conversation, up to rounding differences between batch
/// shapes.</param>
/// <param name="Purpose">What the request is for, in logs and scripted engines: "sample", "judge r.0.1 #2", "refine r.0.1 #1".</param>
public sealed record GenerationRequest(Conversation Conversation, SamplingOptions Sampling, ImmutableArray<ulong> Seeds, string Purpose)
{
    public RequestPriority Priority { get; init; } = RequestPriority.Shared;

    /// <summary>Keeps prompt and samples in the KV cache until <see cref="GenerationResult.Prefix"/> is disposed, so that conversations
    /// that continue them start from there. If memory runs out, they are computed again.</summary>
    public bool Retain { get; init; }

    /// <summary>The samples are the same, bit for bit, whatever else the engine is doing. They are computed apart from other requests, in
    /// groups of fixed size and order, so they share no batches and no prefixes.</summary>
    public bool Deterministic { get; init; }

    /// <summary>Control tokens that stay in the text of the samples, such as the marks of reasoning.</summary>
    public ImmutableArray<string> VisibleTokens { get; init; } = [];

    /// <summary>Texts that end a sample: it stops before the first of them, as if the model had ended its turn there. None is
    /// empty.</summary>
    public ImmutableArray<string> StopAt { get; init; } = [];

    /// <summary>0 to 20: the samples say how likely each of their tokens was, next to this many of the most probable ones. Null: they do
    /// not.</summary>
    public int? TopLogProbs { get; init; }

    /// <summary>Whether <see cref="Progress"/> also gets the text, as it is generated.</summary>
    public bool Streams { get; init; }

    /// <summary>Gets the usage so far, about once a second, while the request runs; with <see cref="Streams"/>, also the text as soon as
    /// there is more of it. One report at a time, from any thread.</summary>
    [JsonIgnore]
    public IProgress<GenerationProgress>? Progress { get; init; }
}

/// <param name="Usage">Of the request, so far.</param>
/// <param name="Pieces">The text since the last report; none unless the request streams. The pieces of a sample add up to its text, and
/// all of them are reported before the result is returned.</param>
public readonly record struct GenerationProgress(TokenUsage Usage, ImmutableArray<TextPiece> Pieces);

/// <summary>Text that follows what was given of a sample before. It never ends inside a character, and holds nothing of a text that ends
/// the sample.</summary>
/// <param name="Sample">The index of the sample's seed.</param>
public readonly record struct TextPiece(int Sample, string Text);

/// <summary>The priority of a request among those that wait.</summary>
/// <param name="Run">Runs get equal shares of the batch.</param>
/// <param name="Ordinal">The lowest of a run goes first, so that items are finished before more are started.</param>
/// <param name="Express">Goes before all that are not express, because a person is waiting for it.</param>
public sealed record RequestPriority(string Run, long Ordinal, bool Express = false)
{
    public static RequestPriority Shared { get; } = new("", 0);
}

/// <summary>How the next token is sampled. The filters are top-k, then top-p, then min-p, each applied to what the previous one
/// left.</summary>
/// <param name="Temperature">0 takes the most probable token (greedy).</param>
/// <param name="TopP">The smallest set of tokens with at least this probability; 1 keeps all.</param>
/// <param name="TopK">This many of the most probable tokens; 0 keeps all.</param>
/// <param name="MinP">Tokens at least this fraction as probable as the most probable one; 0 keeps all.</param>
/// <param name="MaxTokens">A sample that reaches this many tokens is cut and marked <see cref="FinishReason.Length"/>.</param>
public sealed record SamplingOptions(double Temperature, double TopP, int TopK, double MinP, int MaxTokens)
{
    /// <summary>Makes tokens that occurred already less likely, before temperature and filters. The logit of each token of the prompt
    /// (template included) and of the answer so far is divided by it if positive and multiplied if negative, once however often the
    /// token occurred. CTRL (arXiv 1909.05858), section 4.1, over the window of Hugging Face and vLLM; llama.cpp uses the last 64
    /// tokens. 1 is off; below 1 makes them more likely.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    public SamplingOrder Order { get; init; }
}

/// <summary>Whether the filters see the model's own distribution or the tempered one.</summary>
public enum SamplingOrder
{
    /// <summary>The usual order: a high temperature lets more tokens through top-p and min-p.</summary>
    TemperatureFirst,

    /// <summary>The order of llama.cpp: what the filters keep does not depend on the temperature.</summary>
    FiltersFirst,
}

public enum FinishReason
{
    /// <summary>The model ended its turn, or a text of <see cref="GenerationRequest.StopAt"/> followed.</summary>
    Stop,

    /// <summary>The token limit cut it.</summary>
    Length,
}

/// <param name="Text">As generated, white space included, without control tokens other than
/// <see cref="GenerationRequest.VisibleTokens"/>, up to a text of <see cref="GenerationRequest.StopAt"/>.</param>
/// <param name="Tokens">The token ids, without the end-of-turn token; with those of a text that ended the sample.</param>
public sealed record Sample(string Text, ImmutableArray<int> Tokens, FinishReason Finish)
{
    /// <summary>One per token with <see cref="GenerationRequest.TopLogProbs"/>; otherwise none.</summary>
    public ImmutableArray<TokenLogProbs> LogProbs { get; init; } = [];
}

/// <summary>How likely a token was, in the model's own distribution: temperature 1, no filters, no penalty.</summary>
/// <param name="Top">The most probable tokens in its place, the most probable first.</param>
public sealed record TokenLogProbs(TokenLogProb Token, ImmutableArray<TokenLogProb> Top);

/// <param name="Bytes">The token's part of the text in UTF-8, which may end inside a character; none for a control token that the text leaves
/// out.</param>
/// <param name="LogProb">The natural logarithm of its probability, 0 or less.</param>
public sealed record TokenLogProb(byte[] Bytes, double LogProb);

public sealed record GenerationResult(ImmutableArray<Sample> Samples, TokenUsage Usage)
{
    /// <summary>Holds prompt and samples in the KV cache until disposed; null unless <see cref="GenerationRequest.Retain"/> is
    /// set.</summary>
    public IPrefixLease? Prefix { get; init; }
}

/// <summary>Holds the prompt and samples of a request in the KV cache. Dispose of it to release them.</summary>
public interface IPrefixLease : IDisposable
{
    /// <summary>Releases all samples but one.</summary>
    void Keep(int sample);
}

/// <param name="PrefillComputed">Prompt tokens that were decoded.</param>
/// <param name="PrefillForked">Prompt tokens that were copied from another sequence in the KV cache.</param>
/// <param name="Generated">Sampled tokens, end-of-turn tokens included.</param>
public readonly record struct TokenUsage(long PrefillComputed, long PrefillForked, long Generated)
{
    public static TokenUsage operator +(TokenUsage a, TokenUsage b) => a.Add(b);

    public TokenUsage Add(TokenUsage other) =>
        new(PrefillComputed + other.PrefillComputed, PrefillForked + other.PrefillForked, Generated + other.Generated);
}

/// <summary>A request is too long for the context.</summary>
public sealed class PromptTooLongException(int promptTokens, int maxTokens, int contextTokens) : Exception(
    $"The prompt has {promptTokens} tokens and the answer may have {maxTokens}; the context holds {contextTokens}. Shorten the prompt or "
    + "lower max_tokens.")
{
    public int PromptTokens { get; } = promptTokens;

    public int MaxTokens { get; } = maxTokens;

    public int ContextTokens { get; } = contextTokens;
}

/// <summary>A model file cannot be used. The message names the file, says what is wrong and what to do.</summary>
/// <param name="code">Stable: <c>not-found</c>, <c>not-a-regular-file</c>, <c>not-gguf</c>, <c>truncated</c>, <c>malformed</c>,
/// <c>unknown-architecture</c>, <c>unknown-template</c>, <c>not-an-adapter</c>, <c>adapter-mismatch</c>, <c>too-large</c>,
/// <c>load-failed</c>.</param>
public sealed class ModelRejectedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>The native libraries that an engine needs are missing or do not load. The message says what to run.</summary>
public sealed class NativeLibraryMissingException(string message, Exception? inner = null) : Exception(message, inner);
