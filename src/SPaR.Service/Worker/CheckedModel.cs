using System.Collections.Immutable;
using SPaR.Service.Models;

namespace SPaR.Service.Worker;

/// <summary>A model whose file is checked after every reply: what a changed file may have given is not used. Asking costs two calls of the
/// system unless the file has changed.</summary>
/// <param name="file">As registered.</param>
internal sealed class CheckedModel(ITextModel model, ModelFile file, ModelFiles files) : ITextModel
{
    public ModelFile File => model.File;

    public int ContextTokens => model.ContextTokens;

    public int Sequences => model.Sequences;

    public ReasoningFormat? Reasoning => model.Reasoning;

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        var result = await model.GenerateAsync(request, cancellationToken);
        await files.CheckAsync(file, cancellationToken);
        return result;
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        var result = await model.ScoreAsync(request, cancellationToken);
        await files.CheckAsync(file, cancellationToken);
        return result;
    }

    public ImmutableArray<int> Tokenize(string text) => model.Tokenize(text);

    public ImmutableArray<int> Encode(Conversation prompt) => model.Encode(prompt);

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => model.EncodeAnswer(prompt, answer);

    public ValueTask DisposeAsync() => model.DisposeAsync();
}
