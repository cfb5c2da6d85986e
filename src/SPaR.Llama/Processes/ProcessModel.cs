using System.Collections.Immutable;
using SPaR.Llama.Templates;

namespace SPaR.Llama.Processes;

/// <summary>One caller's handle on a model in its own process. If models take turns, a call waits until the model is loaded.</summary>
internal sealed class ProcessModel(ModelFile file, int contextTokens, int sequences, ModelTurns<RestartingProcess> turns) : ITextModel
{
    private int _disposed;

    public ModelFile File => file;

    public int ContextTokens => contextTokens;

    public int Sequences => sequences;

    public ReasoningFormat? Reasoning => ChatTemplates.ReasoningOf(file.Template);

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        var text = new GivenText(request.Progress);
        var (generated, by) = await CallAsync<Generated>(
            id => new GenerateCall(id, request with { Progress = request.Progress is null ? null : text }), cancellationToken,
            // Rounding could make the second text another one.
            () => !text.IsGiven);
        return new(generated.Samples, generated.Usage) { Prefix = generated.Retained ? new PrefixLease(by, generated.Id) : null };
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken) =>
        (await CallAsync<Scored>(id => new ScoreCall(id, request), cancellationToken)).Reply.Result;

    public ImmutableArray<int> Tokenize(string text) => CallNow<Encoded>(id => new TokenizeCall(id, text)).Tokens;

    public ImmutableArray<int> Encode(Conversation prompt) => CallNow<Encoded>(id => new EncodeCall(id, prompt)).Tokens;

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) =>
        CallNow<AnswerEncoded>(id => new EncodeAnswerCall(id, prompt, answer)).Answer;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await turns.CloseAsync(file);
    }

    private async Task<(T Reply, EngineProcess By)> CallAsync<T>(
        Func<long, Call> call, CancellationToken cancellationToken, Func<bool>? mayRepeat = null)
        where T : Reply
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = await turns.EnterAsync(file, cancellationToken);
        return await turn.Model.CallAsync<T>(call, cancellationToken, mayRepeat);
    }

    /// <summary>Blocks until the process has replied.</summary>
    private T CallNow<T>(Func<long, Call> call)
        where T : Reply => CallAsync<T>(call, CancellationToken.None).GetAwaiter().GetResult().Reply;

    /// <summary>Notes whether the caller has been given text.</summary>
    private sealed class GivenText(IProgress<GenerationProgress>? progress) : IProgress<GenerationProgress>
    {
        private volatile bool _isGiven;

        public bool IsGiven => _isGiven;

        public void Report(GenerationProgress value)
        {
            _isGiven |= !value.Pieces.IsEmpty;
            progress?.Report(value);
        }
    }

    /// <summary>Leases the prefixes that the process keeps for a call. If the process has ended, there is nothing to release.</summary>
    private sealed class PrefixLease(EngineProcess by, long id) : IPrefixLease
    {
        private int _released;

        public void Keep(int sample)
        {
            if (_released == 0)
                by.Post(new KeepCall(id, sample));
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
                by.Post(new ReleaseCall(id));
        }
    }
}
