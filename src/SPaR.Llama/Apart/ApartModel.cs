using System.Collections.Immutable;
using SPaR.Abstractions;

namespace SPaR.Llama.Apart;

/// <summary>One caller's handle on a model in a process of its own; the last one disposed ends the process.</summary>
internal sealed class ApartModel(KeptProcess process, Func<Task> release) : ITextModel
{
    private int _disposed;

    public ModelFile File => process.File;

    public int ContextTokens => process.ContextTokens;

    public int Sequences => process.Sequences;

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        Check(cancellationToken);
        var (generated, by) = await process.AskAsync<Generated>(id => new GenerateAsk(id, request), cancellationToken);
        return new(generated.Samples, generated.Usage) { Trunk = generated.Holds ? new Hold(by, generated.Id) : null };
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        Check(cancellationToken);
        return (await process.AskAsync<Scored>(id => new ScoreAsk(id, request), cancellationToken)).Answer.Result;
    }

    public ImmutableArray<int> Tokenize(string text) => AskNow<Encoded>(id => new TokenizeAsk(id, text)).Tokens;

    public ImmutableArray<int> Encode(Conversation prompt) => AskNow<Encoded>(id => new EncodeAsk(id, prompt)).Tokens;

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) =>
        AskNow<AnswerEncoded>(id => new EncodeAnswerAsk(id, prompt, answer)).Answer;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await release();
    }

    /// <summary>Blocks for as long as a message goes to the process and back.</summary>
    private T AskNow<T>(Func<long, Ask> ask)
        where T : Answer
    {
        Check(CancellationToken.None);
        return process.AskAsync<T>(ask, CancellationToken.None).GetAwaiter().GetResult().Answer;
    }

    private void Check(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>A hold on what the process keeps for a request. Where the process has ended there is nothing left to let go.</summary>
    private sealed class Hold(EngineProcess by, long id) : ITrunk
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
