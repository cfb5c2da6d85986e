using System.Collections.Immutable;

namespace SPaR.Tests;

/// <summary>A model that can be loaded and freed, and generates nothing.</summary>
internal sealed class PlainModel(ModelFile file, Action freed) : ITextModel
{
    public ModelFile File => file;

    public int ContextTokens => 1;

    public int Sequences => 1;

    public ReasoningFormat? Reasoning => null;

    public Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new GenerationResult([], default));

    public Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new ScoringResult([], default));

    public ImmutableArray<int> Tokenize(string text) => [];

    public ImmutableArray<int> Encode(Conversation prompt) => [];

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => new([], []);

    public ValueTask DisposeAsync()
    {
        freed();
        return ValueTask.CompletedTask;
    }
}
