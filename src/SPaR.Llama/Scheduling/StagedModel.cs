using System.Collections.Immutable;
using SPaR.Abstractions;
using SPaR.Llama.Backend;
using SPaR.Llama.Templates;

namespace SPaR.Llama.Scheduling;

/// <summary>A handle on a model that is in memory only while something is asked of it. Its tokeniser always is.</summary>
internal sealed class StagedModel : ITextModel
{
    private readonly Stage _stage;
    private readonly ILlamaWeights _tokeniser;
    private readonly Vocabulary _vocabulary;
    private readonly ChatTemplate _template;
    private int _disposed;

    public StagedModel(ILlamaBackend backend, ModelFile file, int contextTokens, int sequences, Stage stage)
    {
        (File, ContextTokens, Sequences, _stage) = (file, contextTokens, sequences, stage);
        _tokeniser = backend.OpenVocabulary(file.Path);
        _vocabulary = new Vocabulary(_tokeniser.Tokens);
        _template = new ChatTemplate(backend, file.Template, _vocabulary);
        stage.Open(file);
    }

    public ModelFile File { get; }

    public int ContextTokens { get; }

    public int Sequences { get; }

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        using var turn = await _stage.EnterAsync(File, cancellationToken);
        return await turn.Model.GenerateAsync(request, cancellationToken);
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        using var turn = await _stage.EnterAsync(File, cancellationToken);
        return await turn.Model.ScoreAsync(request, cancellationToken);
    }

    public ImmutableArray<int> Tokenize(string text)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        return [.. _vocabulary.Tokenize(text)];
    }

    public ImmutableArray<int> Encode(Conversation prompt)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        return [.. _template.Encode(prompt)];
    }

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));
        return _template.EncodeAnswer(prompt, answer);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stage.CloseAsync(File);
        _tokeniser.Dispose();
    }
}
