using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Runs;

/// <summary>An engine that loads anything but what it is told to refuse, replies as <see cref="ScriptedModel"/> does, and lets a test hold
/// up or fail an item. The check before a run is answered at once.</summary>
internal sealed partial class ItemEngine : ITextEngine
{
    private readonly ScriptedModel _replies = new();

    public ConcurrentQueue<string> Loaded { get; } = new();

    public Exception? Refusal { get; set; }

    /// <summary>Awaited before an item's answers are sampled, and before each of its refinements.</summary>
    public Func<ItemRequest, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What is said instead of the scripted reply.</summary>
    public Func<ItemRequest, string?> Say { get; set; } = _ => null;

    public Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        if (Refusal is not null)
            throw Refusal;
        Loaded.Enqueue(file.Path);
        return Task.FromResult<ITextModel>(new Model(this, file));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [GeneratedRegex(@"Do (\d+)\.")]
    private static partial Regex Instruction { get; }

    private sealed class Model(ItemEngine engine, ModelFile file) : ITextModel
    {
        public ModelFile File => file;

        public int ContextTokens => engine._replies.ContextTokens;

        public int Sequences => 8;

        public ReasoningFormat? Reasoning => null;

        public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
        {
            // The check before a run asks for one answer each, and refines none.
            var isSample = request.Purpose == "sample" && request.Seeds.Length > 1;
            if (!isSample && !request.Purpose.StartsWith("refine", StringComparison.Ordinal))
                return await engine._replies.GenerateAsync(request, cancellationToken);
            var text = string.Concat(request.Conversation.Turns.Select(turn => turn.Content));
            var item = new ItemRequest(int.Parse(Instruction.Match(text).Groups[1].Value), isSample);
            await engine.Before(item, cancellationToken);
            var result = await engine._replies.GenerateAsync(request, cancellationToken);
            return engine.Say(item) is { } reply
                ? result with { Samples = [.. result.Samples.Select(s => s with { Text = reply, Tokens = Tokenize(reply) })] }
                : result;
        }

        public Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken) =>
            engine._replies.ScoreAsync(request, cancellationToken);

        public ImmutableArray<int> Tokenize(string text) => engine._replies.Tokenize(text);

        public ImmutableArray<int> Encode(Conversation prompt) => engine._replies.Encode(prompt);

        public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => engine._replies.EncodeAnswer(prompt, answer);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <param name="Ordinal">The item's.</param>
/// <param name="IsSample">Whether its answers are asked for, or a refinement.</param>
internal readonly record struct ItemRequest(int Ordinal, bool IsSample);
