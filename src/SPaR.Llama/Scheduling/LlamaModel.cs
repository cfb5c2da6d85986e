using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Native;
using SPaR.Llama.Sampling;
using SPaR.Llama.Templates;

namespace SPaR.Llama.Scheduling;

/// <summary>A loaded file: weights, tokeniser, template, context. Shared by all who loaded it.</summary>
internal sealed class LlamaModel
{
    private readonly LlamaModelHandle _weights;
    private readonly Vocabulary _vocabulary;
    private readonly ChatTemplate _template;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LlamaModel(ModelFile file, LlamaModelHandle weights, LlamaOptions options, Action wake, ILogger logger)
    {
        (File, _weights, _logger, Sequences) = (file, weights, logger, options.Sequences);
        _vocabulary = new Vocabulary(weights);
        _template = new ChatTemplate(file.Template, _vocabulary);
        var trained = LlamaNative.llama_model_n_ctx_train(weights.DangerousGetHandle());
        ContextTokens = options.ContextTokens ?? Math.Min(Math.Min(trained, 8192), options.Cells ?? int.MaxValue);
        if (ContextTokens > trained)
            logger.ContextBeyondTraining(file.Path, ContextTokens, trained);
        var threads = options.Threads
            ?? (LlamaNative.llama_model_n_params(weights.DangerousGetHandle()) < LlamaOptions.SmallModel ? 1 : Environment.ProcessorCount);
        var context = LlamaContext.Create(
            weights, file, options.Cells ?? Math.Max(ContextTokens, Sequences * 512), SchedulerOptions.Slots(Sequences),
            options.BatchTokens, threads);
        Counters = new EngineCounters(Path.GetFileName(file.Path));
        bool[] ends = options.NothingEnds ? new bool[_vocabulary.Count] : [.. _vocabulary.EndsGeneration];
        Scheduler = new Scheduler(
            options.Watch?.Invoke(context) ?? context, new(Sequences, options.ResidentCells ?? context.Cells, ends),
            new Sampler(_vocabulary.Count), Counters, wake);
        logger.ModelLoaded(file.Path, context.Cells, Sequences, ContextTokens, threads);
    }

    public ModelFile File { get; }

    public int ContextTokens { get; }

    public int Sequences { get; }

    public Scheduler Scheduler { get; }

    public EngineCounters Counters { get; }

    /// <summary>How many handles share it. Guarded by the engine's lock.</summary>
    public int Shares { get; set; }

    /// <summary>Completes when context and weights are freed.</summary>
    public Task Freed => _freed.Task;

    public static LlamaModel Load(ModelFile file, LlamaOptions options, Action wake, ILogger logger)
    {
        var weights = LlamaModelHandle.Load(file.Path);
        try
        {
            return new LlamaModel(file, weights, options, wake, logger);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public ImmutableArray<int> Tokenize(string text) => [.. _vocabulary.Tokenize(text)];

    public ImmutableArray<int> Encode(Conversation prompt) => [.. _template.Encode(prompt)];

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => _template.EncodeAnswer(prompt, answer);

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        SamplingRules.Check(request);
        cancellationToken.ThrowIfCancellationRequested();
        var prompt = _template.Encode(request.Conversation);
        if ((long)prompt.Length + request.Sampling.MaxTokens > ContextTokens)
            throw new PromptTooLongException(prompt.Length, request.Sampling.MaxTokens, ContextTokens);
        var work = new Request([.. prompt], request, cancellationToken);
        Scheduler.Enqueue(work);
        await using var registration = cancellationToken.Register(() => Scheduler.Cancel(work));
        var finished = await work.Completion;
        return new GenerationResult([.. finished.Sequences.Select(ToSample)], work.Usage) { Trunk = finished.Lease };
    }

    /// <summary>On the decode thread, once stopped.</summary>
    public void Free()
    {
        Scheduler.Close();
        _weights.Dispose();
        _logger.ModelFreed(File.Path);
        _freed.SetResult();
    }

    private Sample ToSample(Sequence sequence) =>
        new(_vocabulary.Detokenize([.. sequence.Tokens]), [.. sequence.Tokens], sequence.Finish);
}
