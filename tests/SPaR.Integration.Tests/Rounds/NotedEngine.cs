using System.Collections.Concurrent;
using System.Collections.Immutable;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>A scripted engine that notes which model file was asked for what.</summary>
internal sealed class NotedEngine : ITextEngine
{
    private readonly ScriptedModel _script = new();

    /// <summary>A model's file, or its adapter's, and the first word of what it was asked for.</summary>
    public ConcurrentDictionary<(string File, string Purpose), bool> Asked { get; } = new();

    /// <summary>Awaited before every reply.</summary>
    public Task Gate
    {
        set => _script.Gate = value;
    }

    public Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken) =>
        Task.FromResult<ITextModel>(new Model(this, file));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Model(NotedEngine engine, ModelFile file) : ITextModel
    {
        public ModelFile File => file;

        public int ContextTokens => engine._script.ContextTokens;

        public int Sequences => engine._script.Sequences;

        public ReasoningFormat? Reasoning => engine._script.Reasoning;

        public Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
        {
            engine.Asked[(Path.GetFileNameWithoutExtension(file.Adapter?.Path ?? file.Path), request.Purpose.Split(' ', '/')[0])] = true;
            return engine._script.GenerateAsync(request, cancellationToken);
        }

        public Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken) =>
            engine._script.ScoreAsync(request, cancellationToken);

        // Other words are other tokens, so that the two sides of a pair differ.
        public ImmutableArray<int> Tokenize(string text) => [.. text.Split(' ').Select(word => 5 + word.Sum(letter => letter))];

        public ImmutableArray<int> Encode(Conversation prompt) => engine._script.Encode(prompt);

        public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => new(Tokenize(answer), [4]);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
