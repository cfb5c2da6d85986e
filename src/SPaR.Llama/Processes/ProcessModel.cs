using System.Collections.Immutable;
using SPaR.Abstractions;

namespace SPaR.Llama.Processes;

/// <summary>One caller's handle on a model in a process of its own. Where models take turns, a call waits until the model is
/// loaded.</summary>
internal sealed class ProcessModel(ModelFile file, int contextTokens, int sequences, Turns<RestartingProcess> turns) : ITextModel
{
    private int _disposed;

    public ModelFile File => file;

    public int ContextTokens => contextTokens;

    public int Sequences => sequences;

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        var (generated, by) = await AskAsync<Generated>(id => new GenerateAsk(id, request), cancellationToken);
        return new(generated.Samples, generated.Usage) { Prefix = generated.Holds ? new Trunk(by, generated.Id) : null };
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken) =>
        (await AskAsync<Scored>(id => new ScoreAsk(id, request), cancellationToken)).Answer.Result;

    public ImmutableArray<int> Tokenize(string text) => AskNow<Encoded>(id => new TokenizeAsk(id, text)).Tokens;

    public ImmutableArray<int> Encode(Conversation prompt) => AskNow<Encoded>(id => new EncodeAsk(id, prompt)).Tokens;

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) =>
        AskNow<AnswerEncoded>(id => new EncodeAnswerAsk(id, prompt, answer)).Answer;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await turns.CloseAsync(file);
    }

    private async Task<(T Answer, EngineProcess By)> AskAsync<T>(Func<long, Ask> ask, CancellationToken cancellationToken)
        where T : Answer
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        cancellationToken.ThrowIfCancellationRequested();
        using var turn = await turns.EnterAsync(file, cancellationToken);
        return await turn.Model.AskAsync<T>(ask, cancellationToken);
    }

    /// <summary>Blocks for as long as a message goes to the process and back.</summary>
    private T AskNow<T>(Func<long, Ask> ask)
        where T : Answer => AskAsync<T>(ask, CancellationToken.None).GetAwaiter().GetResult().Answer;

    /// <summary>A hold on what the process keeps for a request. When the process has ended, nothing is left to release.</summary>
    private sealed class Trunk(EngineProcess by, long id) : IPrefixLease
    {
        private int _released;

        public void Keep(int sample)
        {
            if (_released == 0)
                by.Tell(new KeepAsk(id, sample));
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
                by.Tell(new ReleaseAsk(id));
        }
    }
}
