using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using SPaR.Llama.Binding;
using SPaR.Llama.Logging;
using SPaR.Llama.Memory;
using SPaR.Llama.Sampling;
using SPaR.Llama.Scheduling;
using SPaR.Llama.Templates;

namespace SPaR.Llama.Models;

/// <summary>A model loaded into this process: weights, context, template, scheduler and the decode thread.</summary>
internal sealed class LlamaModel : ITextModel
{
    private readonly LlamaWeights _weights;
    private readonly ChatTemplate _template;
    private readonly Scheduler _scheduler;
    private readonly StepPacer _pacer;
    private readonly ILogger _logger;
    private readonly AutoResetEvent _work = new(false);
    private readonly Thread _thread;
    private volatile bool _stopped;
    private int _disposed;

    private LlamaModel(ModelFile file, LlamaWeights weights, MemoryPlan plan, MemoryUse used, LlamaOptions options, ILogger logger)
    {
        (File, _weights, Plan, _logger, Sequences) = (file, weights, plan, logger, options.Sequences);
        _template = new ChatTemplate(file.Template, weights.Vocabulary);
        ContextTokens = options.ContextTokensOf(weights.TrainedContext);
        if (ContextTokens > weights.TrainedContext)
            logger.ContextBeyondTraining(file.Path, ContextTokens, weights.TrainedContext);
        var threads = options.Threads ?? (weights.Parameters < LlamaOptions.SmallModel ? 1 : Environment.ProcessorCount);
        var shape = options.ShapeOf(weights.TrainedContext);
        var context = LlamaContext.Create(weights, file, shape.Cells, shape.Sequences, shape.BatchTokens, threads);
        MappedBytes = Math.Max(0, plan.Weights - used.Copied);
        var vocabulary = weights.Vocabulary;
        // Only quantised weights (below twelve bits each) can be slower in small batches.
        var batches = 2 * weights.Bytes < 3 * (long)weights.Parameters ? BatchShape.Measure(context, Sequences) : new BatchShape();
        bool[] ends = options.IgnoreEndOfTurn ? new bool[vocabulary.Count] : [.. vocabulary.EndsGeneration];
        // Not every file names it as one that ends generation.
        if (!options.IgnoreEndOfTurn && _template.EndOfTurn is { } end)
            ends[end] = true;
        var resident = options.ResidentCellsOf(weights.Parameters, weights.Heads, weights.Layers);
        _scheduler = new Scheduler(
            options.WrapDecoder?.Invoke(context) ?? context, new(Sequences, Math.Min(context.Cells, resident), ends, batches),
            new Sampler(vocabulary.Count), new EngineCounters(file.Name), () => _work.Set());
        _pacer = new(_scheduler, TimeProvider.System);
        logger.ModelLoaded(file.Name, context.Cells, Sequences, ContextTokens, threads, batches.UnbatchedUpTo);
        _thread = new Thread(Decode) { Name = "llama decode", IsBackground = true };
        _thread.Start();
    }

    public ModelFile File { get; }

    /// <summary>The planned memory.</summary>
    public MemoryPlan Plan { get; }

    /// <summary>Bytes of the weights that are mapped from the file, so that processes on the same file share them.</summary>
    public long MappedBytes { get; }

    public int ContextTokens { get; }

    public int Sequences { get; }

    public ReasoningFormat? Reasoning => ChatTemplates.ReasoningOf(File.Template);

    /// <param name="others">The memory that models in other processes hold.</param>
    /// <exception cref="ModelRejectedException">The file cannot be used, or does not fit into memory on its own.</exception>
    /// <exception cref="NoRoomException">It does not fit next to the others.</exception>
    /// <exception cref="NativeLibraryMissingException">llama.cpp does not load.</exception>
    public static LlamaModel Load(ModelFile file, LlamaOptions options, ILogger logger, MemoryPlan others = default)
    {
        if (options.Validate() is { Count: > 0 } errors)
            throw new ArgumentException(string.Join(" ", errors), nameof(options));
        var plan = PlanOf(file, options, logger);
        new MemoryBudget(options.MemoryBytes, new MachineMemory()).Admit(file.Name, plan, others);
        var used = new MemoryUse();
        LlamaLog.Listen(used.Read);
        try
        {
            var weights = LlamaWeights.Open(file.Path, options.GpuLayers);
            try
            {
                var model = new LlamaModel(file, weights, plan, used, options, logger);
                Compare(file.Name, plan, used.With(weights.Bytes), logger);
                return model;
            }
            catch
            {
                weights.Dispose();
                throw;
            }
        }
        finally
        {
            LlamaLog.Listen(null);
        }
    }

    public ImmutableArray<int> Tokenize(string text)
    {
        Check();
        return [.. _weights.Vocabulary.Tokenize(text)];
    }

    public ImmutableArray<int> Encode(Conversation prompt)
    {
        Check();
        return [.. _template.Encode(prompt)];
    }

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer)
    {
        Check();
        return _template.EncodeAnswer(prompt, answer);
    }

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        Check();
        SamplingRules.Check(request);
        cancellationToken.ThrowIfCancellationRequested();
        var prompt = _template.Encode(request.Conversation);
        if ((long)prompt.Length + request.Sampling.MaxTokens > ContextTokens)
            throw new PromptTooLongException(prompt.Length, request.Sampling.MaxTokens, ContextTokens);
        var text = TextWatch.Of(_weights.Vocabulary, request);
        var work = new Request([.. prompt], request, cancellationToken, text);
        var finished = await RunAsync(work, cancellationToken, request.Progress, request.Streams ? text : null);
        return new GenerationResult([.. finished.Sequences.Select(s => ToSample(s, request.VisibleTokens, text))], finished.Usage)
        {
            Prefix = finished.Lease,
        };
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        Check();
        SamplingRules.Check(request);
        cancellationToken.ThrowIfCancellationRequested();
        var prompt = _template.Encode(request.Conversation);
        var partial = _template.EncodePartial(request.Conversation, request.Partial);
        ImmutableArray<ImmutableArray<int>> whole =
            [.. request.Continuations.Select(c => _template.EncodePartial(request.Conversation, request.Partial + c))];
        var common = CommonPrefix.Of(partial, whole);
        var (given, longest) = (prompt.Length + common, whole.Max(w => w.Length) - common);
        if ((long)given + longest > ContextTokens)
            throw new PromptTooLongException(given, longest, ContextTokens);
        var work = new Request([.. prompt, .. partial[..common]], request, [.. whole.Select(w => w[common..])], cancellationToken);
        var finished = await RunAsync(work, cancellationToken);
        return new ScoringResult([.. finished.Sequences.Select(s => s.Score)], finished.Usage);
    }

    /// <summary>Unfinished requests fail with <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _scheduler.Stop(new ObjectDisposedException(
            nameof(ITextModel), $"{File.Name} was unloaded before the request finished. Load it again."));
        _stopped = true;
        _work.Set();
        await Task.Run(_thread.Join);
        _weights.Dispose();
        _work.Dispose();
        _logger.ModelUnloaded(File.Name);
    }

    /// <summary>Checks the files in managed code before llama.cpp opens them.</summary>
    private static MemoryPlan PlanOf(ModelFile file, LlamaOptions options, ILogger logger)
    {
        var (gguf, adapter, shape) = EngineMemory.Read(file, options);
        LlamaLibrary.Load(logger);
        var gpuLayers = LlamaLibrary.HasGpu ? options.GpuLayers ?? int.MaxValue : 0;
        return MemoryPlan.Of(gguf, adapter, shape, gpuLayers);
    }

    private static void Compare(string name, MemoryPlan planned, MemoryPlan used, ILogger logger)
    {
        logger.MemoryCompared(
            name, Mebi(planned.Weights), Mebi(used.Weights), Mebi(planned.Adapter), Mebi(used.Adapter),
            Mebi(planned.Cells), Mebi(used.Cells), Mebi(planned.Compute), Mebi(used.Compute), Mebi(planned.Outputs), Mebi(used.Outputs));

        static double Mebi(long bytes) => bytes / 1048576.0;
    }

    private void Check() => ObjectDisposedException.ThrowIf(_disposed != 0, typeof(ITextModel));

    /// <param name="text">What is reported besides the usage; null if it is not.</param>
    private async Task<Request> RunAsync(
        Request work, CancellationToken cancellationToken, IProgress<GenerationProgress>? progress = null, TextWatch? text = null)
    {
        _scheduler.Enqueue(work);
        await using var registration = cancellationToken.Register(() => _scheduler.Cancel(work));
        if (progress is not null)
            await ProgressReport.UntilEndAsync(work, progress, text);
        return await work.Completion;
    }

    private Sample ToSample(Sequence sequence, ImmutableArray<string> visible, TextWatch? text) => new(
        text?.TextOf(sequence.Index) ?? _weights.Vocabulary.Detokenize([.. sequence.Tokens], visible), [.. sequence.Tokens],
        sequence.Finish)
    {
        LogProbs = sequence.LogProbs is [] ? [] : LogProbsOf(sequence, visible),
    };

    private ImmutableArray<TokenLogProbs> LogProbsOf(Sequence sequence, ImmutableArray<string> visible)
    {
        var kept = _weights.Vocabulary.IdsOf(visible);
        var buffer = new byte[64];
        return [.. sequence.LogProbs.Select((place, i) => new TokenLogProbs(
            Of(sequence.Tokens[i], place.Token, i == 0), [.. place.Top.Select(top => Of(top.Token, top.LogProb, i == 0))]))];

        TokenLogProb Of(int token, double logProb, bool isFirst) => new(
            _weights.Vocabulary.BytesOf(token, ref buffer, isFirst, kept.Contains(token)).ToArray(), logProb);
    }

    /// <summary>The decode thread.</summary>
    private void Decode()
    {
        while (!_stopped)
            switch (Step())
            {
                case StepOutcome.Idle:
                    _work.WaitOne();
                    break;
                case StepOutcome.Pausing when _pacer.PauseLeft is var left && left > TimeSpan.Zero:
                    _work.WaitOne(left);
                    break;
            }
        _scheduler.Close();
    }

    private StepOutcome Step()
    {
        try
        {
            return _pacer.Step();
        }
        catch (Exception e)
        {
            // Its requests fail; the thread serves the next ones.
            _logger.StepFailed(e, File.Name);
            _scheduler.FailAll(e);
            return StepOutcome.Worked;
        }
    }
}
