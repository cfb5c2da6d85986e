using System.Collections.Immutable;

namespace SPaR.Integration.Tests.Http;

/// <summary>An engine with one model for all roles, in the default wording: it answers "poor answer" to all but prompts with
/// "easy", judges whatever holds "good" well by four votes of five (or with that probability) and the rest badly by all, and refines
/// "poor" into "good". If it may think, it thinks "Hm." before every reply.</summary>
internal sealed class ScriptedModel : ITextEngine, ITextModel
{
    private int _running;

    /// <summary>Generations that have not ended.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Awaited before every reply; a test can hold the run here.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Awaited after every word that is streamed.</summary>
    public Task Between { get; set; } = Task.CompletedTask;

    /// <summary>What a reply takes.</summary>
    public TimeSpan Pace { get; set; }

    /// <summary>Thrown instead of loading.</summary>
    public ModelRejectedException? Refusal { get; set; }

    /// <summary>Its judgements have no verdict.</summary>
    public bool JudgesUnreadably { get; set; }

    /// <summary>Its first answer; the tiny vocabulary has the same tokens for "poor" and "good".</summary>
    public string Poor { get; init; } = "a poor answer";

    public ModelFile File { get; } = new("scripted.gguf", new('0', 64), "scripted");

    public int ContextTokens => 4096;

    public int Sequences => 16;

    public ReasoningFormat? Reasoning { get; } = new("<think>", "</think>");

    public Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken) =>
        Refusal is null ? Task.FromResult<ITextModel>(this) : Task.FromException<ITextModel>(Refusal);

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            return await AnswerAsync(request, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task<GenerationResult> AnswerAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        await Task.Delay(Pace, cancellationToken);
        var result = new GenerationResult(
            [.. request.Seeds.Select((_, index) => (request.Conversation.Thinks ? "<think>Hm.</think>" : "") + Reply(request, index))
                .Select(text => new Sample(text, Tokenize(text), FinishReason.Stop))],
            new(10, 5, request.Seeds.Length));
        if (request.Streams)
            await StreamAsync(request, result, cancellationToken);
        return result;
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        var yes = request.Conversation.Turns[0].Content.Contains("good", StringComparison.Ordinal) ? 0.8 : 0.01;
        return new(
            [.. request.Continuations.Select(text => Score(text.StartsWith('Y') ? yes / 2 : (1 - yes) / 2))], new(0, 10, 0));
    }

    public ImmutableArray<int> Tokenize(string text) => [.. text.Split(' ').Select(word => word.Length)];

    /// <summary>0 starts a text, 1 to 3 come before a turn, 4 ends one.</summary>
    public ImmutableArray<int> Encode(Conversation prompt) =>
        [0, .. prompt.Turns.SelectMany(turn => Tokenize(turn.Content).Prepend(1 + (int)turn.Role)), 1 + (int)Role.Assistant];

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => new(Tokenize(answer), [4]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Word by word.</summary>
    private async Task StreamAsync(GenerationRequest request, GenerationResult result, CancellationToken cancellationToken)
    {
        foreach (var (index, sample) in result.Samples.Index())
            foreach (var word in sample.Text.Split(' ').Select((word, i) => i == 0 ? word : $" {word}"))
            {
                request.Progress?.Report(new(default, [new(index, word)]));
                await Between.WaitAsync(cancellationToken);
            }
    }

    private static ContinuationScore Score(double probability) => new(Math.Log(probability), 1, probability > 0.5);

    private string Reply(GenerationRequest request, int index)
    {
        var prompt = request.Conversation.Turns[0].Content;
        if (request.Purpose.StartsWith("judge", StringComparison.Ordinal))
            return JudgesUnreadably
                ? "Well."
                : $"Checked.\nFinal judgement: {(prompt.Contains("good", StringComparison.Ordinal) && index > 0 ? "Yes" : "No")}";
        if (request.Purpose.StartsWith("refine", StringComparison.Ordinal))
            return $"[[start]]\na good answer\n[[end]]";
        return prompt.Contains("easy", StringComparison.Ordinal) ? "a good answer" : Poor;
    }
}
