using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Backend;
using SPaR.Llama.Memory;
using SPaR.Llama.Sampling;
using SPaR.Llama.Templates;

namespace SPaR.Llama.Scheduling;

/// <summary>A loaded model: the weights of its file, shared with other models on it; its own adapter, template and context. Shared by all
/// who loaded it.</summary>
internal sealed class LlamaModel
{
    private readonly SharedWeights _weights;
    private readonly ChatTemplate _template;
    private readonly Action<LlamaModel> _free;
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="plan">What it takes beside the weights.</param>
    /// <param name="free">Called on the decode thread when the context is freed; gives the weights back.</param>
    public LlamaModel(
        ILlamaBackend backend, ModelFile file, SharedWeights weights, MemoryPlan plan, LlamaOptions options, Action wake,
        Action<LlamaModel> free, ILogger logger)
    {
        (File, _weights, _free, Sequences, Plan) = (file, weights, free, options.Sequences, plan);
        _template = new ChatTemplate(backend, file.Template, weights.Vocabulary);
        var loaded = weights.Loaded;
        var trained = loaded.TrainedContext;
        ContextTokens = options.ContextTokensOf(trained);
        if (ContextTokens > trained)
            logger.ContextBeyondTraining(file.Path, ContextTokens, trained);
        var threads = options.Threads ?? (loaded.Parameters < LlamaOptions.SmallModel ? 1 : Environment.ProcessorCount);
        var used = new MemoryUse();
        var context = MakeContext(file, loaded, options.ShapeOf(trained), threads, used);
        Used = used.With(loaded.Bytes);
        var vocabulary = weights.Vocabulary;
        // Weights of less than twelve bits are quantised; the others have no such dip.
        var batches = 2 * loaded.Bytes < 3 * (long)loaded.Parameters ? BatchShape.Measure(context, Sequences) : new BatchShape();
        bool[] ends = options.NothingEnds ? new bool[vocabulary.Count] : [.. vocabulary.EndsGeneration];
        Scheduler = new Scheduler(
            options.Watch?.Invoke(context) ?? context,
            new(Sequences, Math.Min(context.Cells, options.ResidentCellsOf(loaded.Parameters, loaded.Heads, loaded.Layers)), ends, batches),
            new Sampler(vocabulary.Count), new EngineCounters(file.Name), wake);
        Pace = new(Scheduler, TimeProvider.System);
        logger.ModelLoaded(file.Name, context.Cells, Sequences, ContextTokens, threads, batches.Apart);
    }

    private static LlamaContext MakeContext(ModelFile file, ILlamaWeights weights, ContextShape shape, int threads, MemoryUse used)
    {
        LlamaLog.Listen(used.Hear);
        try
        {
            return LlamaContext.Create(weights, file, shape.Cells, shape.Sequences, shape.BatchTokens, threads);
        }
        finally
        {
            LlamaLog.Listen(null);
        }
    }

    public ModelFile File { get; }

    /// <summary>What it holds of the budget.</summary>
    public MemoryPlan Plan { get; }

    /// <summary>What llama.cpp took for it, its weights included.</summary>
    public MemoryPlan Used { get; }

    public SharedWeights Weights => _weights;

    public int ContextTokens { get; }

    public int Sequences { get; }

    public Scheduler Scheduler { get; }

    public Pace Pace { get; }

    /// <summary>How many handles share it. Guarded by the engine's lock.</summary>
    public int Shares { get; set; }

    /// <summary>Completes when the context is freed, and with the last one its weights.</summary>
    public Task Freed => _freed.Task;

    public ImmutableArray<int> Tokenize(string text) => [.. _weights.Vocabulary.Tokenize(text)];

    public ImmutableArray<int> Encode(Conversation prompt) => [.. _template.Encode(prompt)];

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => _template.EncodeAnswer(prompt, answer);

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        SamplingRules.Check(request);
        cancellationToken.ThrowIfCancellationRequested();
        var prompt = _template.Encode(request.Conversation);
        if ((long)prompt.Length + request.Sampling.MaxTokens > ContextTokens)
            throw new PromptTooLongException(prompt.Length, request.Sampling.MaxTokens, ContextTokens);
        var finished = await RunAsync(new([.. prompt], request, cancellationToken), cancellationToken);
        return new GenerationResult([.. finished.Sequences.Select(ToSample)], finished.Usage) { Trunk = finished.Lease };
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        SamplingRules.Check(request);
        cancellationToken.ThrowIfCancellationRequested();
        var prompt = _template.Encode(request.Conversation);
        var begun = _template.EncodeBegun(request.Conversation, request.Begun);
        ImmutableArray<ImmutableArray<int>> whole =
            [.. request.Continuations.Select(c => _template.EncodeBegun(request.Conversation, request.Begun + c))];
        var seam = Seam.Of(begun, whole);
        var (given, longest) = (prompt.Length + seam, whole.Max(w => w.Length) - seam);
        if ((long)given + longest > ContextTokens)
            throw new PromptTooLongException(given, longest, ContextTokens);
        var work = new Request([.. prompt, .. begun[..seam]], request, [.. whole.Select(w => w[seam..])], cancellationToken);
        var finished = await RunAsync(work, cancellationToken);
        return new ScoringResult([.. finished.Sequences.Select(s => s.Score)], finished.Usage);
    }

    /// <summary>On the decode thread, once stopped.</summary>
    public void Free()
    {
        Scheduler.Close();
        _free(this);
        _freed.SetResult();
    }

    private async Task<Request> RunAsync(Request work, CancellationToken cancellationToken)
    {
        Scheduler.Enqueue(work);
        await using var registration = cancellationToken.Register(() => Scheduler.Cancel(work));
        return await work.Completion;
    }

    private Sample ToSample(Sequence sequence) =>
        new(_weights.Vocabulary.Detokenize([.. sequence.Tokens]), [.. sequence.Tokens], sequence.Finish);
}
