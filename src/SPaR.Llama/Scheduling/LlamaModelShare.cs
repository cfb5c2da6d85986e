using System.Collections.Immutable;
using SPaR.Abstractions;

namespace SPaR.Llama.Scheduling;

/// <summary>One caller's handle on a loaded model; the last one disposed frees it.</summary>
internal sealed class LlamaModelShare(LlamaModel model, Func<Task> release) : ITextModel
{
    private int _disposed;

    public ModelFile File => model.File;

    public int ContextTokens => model.ContextTokens;

    public int Sequences => model.Sequences;

    public Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        return model.GenerateAsync(request, cancellationToken);
    }

    public Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        return model.ScoreAsync(request, cancellationToken);
    }

    public ImmutableArray<int> Tokenize(string text)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        return model.Tokenize(text);
    }

    public ImmutableArray<int> Encode(Conversation prompt)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        return model.Encode(prompt);
    }

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        return model.EncodeAnswer(prompt, answer);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await release();
    }
}
