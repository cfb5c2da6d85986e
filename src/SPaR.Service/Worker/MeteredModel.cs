using System.Collections.Immutable;

namespace SPaR.Service.Worker;

/// <summary>A model that tells a meter of the tokens that it generates, while it generates them. The model itself belongs to the
/// caller.</summary>
internal sealed class MeteredModel(ITextModel model, WorkMeter.ItemMeter meter) : ITextModel
{
    public ModelFile File => model.File;

    public int ContextTokens => model.ContextTokens;

    public int Sequences => model.Sequences;

    public ReasoningFormat? Reasoning => model.Reasoning;

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        var progress = new Progress(meter, request.Progress);
        var result = await model.GenerateAsync(request with { Progress = progress }, cancellationToken);
        progress.Add(result.Usage);
        return result;
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        var result = await model.ScoreAsync(request, cancellationToken);
        meter.Add(result.Usage.Generated);
        return result;
    }

    public ImmutableArray<int> Tokenize(string text) => model.Tokenize(text);

    public ImmutableArray<int> Encode(Conversation prompt) => model.Encode(prompt);

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => model.EncodeAnswer(prompt, answer);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Adds what is new since the last report of one request.</summary>
    private sealed class Progress(WorkMeter.ItemMeter meter, IProgress<GenerationProgress>? caller) : IProgress<GenerationProgress>
    {
        private readonly Lock _lock = new();
        private long _told;

        public void Report(GenerationProgress value)
        {
            Add(value.Usage);
            caller?.Report(value);
        }

        public void Add(TokenUsage usage)
        {
            lock (_lock)
            {
                // A report may arrive late, after the result.
                if (usage.Generated <= _told)
                    return;
                meter.Add(usage.Generated - _told);
                _told = usage.Generated;
            }
        }
    }
}
