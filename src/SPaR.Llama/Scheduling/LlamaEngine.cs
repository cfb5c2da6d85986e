using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Gguf;
using SPaR.Llama.Backend;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Scheduling;

/// <summary>Loads models and owns the one decode thread, which takes a step of each loaded model in turn: two evaluations at once would
/// fight over the same processors.</summary>
internal sealed class LlamaEngine : ITextEngine
{
    /// <summary>How long requests to the models in memory go first, while one waits for a model that has to be loaded.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ILlamaBackend _backend = LlamaBackend.Compiled;
    private readonly LlamaOptions _options;
    private readonly ILogger<LlamaEngine> _logger;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly AutoResetEvent _work = new(false);
    private readonly MemoryBudget _budget;
    private readonly WeightsStore _weights;
    private readonly Stage? _stage;
    private readonly Thread _thread;
    private readonly List<LlamaModel> _leaving = [];
    private ImmutableArray<LlamaModel> _models = [];
    private bool _disposed;

    /// <param name="others">What models of other processes hold beside this engine's.</param>
    public LlamaEngine(IOptions<LlamaOptions> options, ILogger<LlamaEngine> logger, MemoryPlan others = default)
    {
        (_options, _logger) = (options.Value, logger);
        _budget = new MemoryBudget(_options.MemoryBytes, new MachineMemory());
        _budget.Hold(others);
        _weights = new WeightsStore(_backend, _budget, _options.GpuLayers, logger);
        _stage = _options.Residency is Residency.Staged ? new Stage(LoadResidentAsync, Patience, TimeProvider.System) : null;
        if (_options.Validate() is { Count: > 0 } errors)
            throw new ArgumentException(string.Join(" ", errors), nameof(options));
        _thread = new Thread(Decode) { Name = "llama decode", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What all loaded models hold by their plans, others' included.</summary>
    public MemoryPlan Held => _budget.Held;

    public Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken) =>
        _stage is null ? LoadResidentAsync(file, cancellationToken) : Task.Run<ITextModel>(() => Announce(file, _stage), cancellationToken);

    private async Task<ITextModel> LoadResidentAsync(ModelFile file, CancellationToken cancellationToken)
    {
        // One load at a time: two of the same file must not both read it.
        await _loading.WaitAsync(cancellationToken);
        try
        {
            var model = Share(file) ?? await Task.Run(() => Load(file), cancellationToken);
            return new LlamaModelShare(model, () => ReleaseAsync(model));
        }
        finally
        {
            _loading.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var model in _models)
                model.Scheduler.Stop(new ObjectDisposedException(nameof(ITextEngine), "The engine was disposed; its requests end here."));
        }
        _work.Set();
        await Task.Run(_thread.Join);
    }

    /// <summary>Another handle of a file that is loaded.</summary>
    private LlamaModel? Share(ModelFile file)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ITextEngine));
            var model = _models.FirstOrDefault(m => m.File == file);
            if (model is not null)
                model.Shares++;
            return model;
        }
    }

    private LlamaModel Load(ModelFile file)
    {
        var (plan, _) = Plan(file);
        _budget.Admit(file.Name, _weights.Has(file) ? plan.WithoutWeights : plan);
        var model = Stand(file, _weights.Take(file, plan.OnlyWeights), plan);
        lock (_gate)
        {
            if (!_disposed)
            {
                _models = _models.Add(model);
                return model;
            }
        }
        // The engine was disposed while the file was read, and its thread is gone.
        var disposed = new ObjectDisposedException(nameof(ITextEngine));
        model.Scheduler.Stop(disposed);
        model.Free();
        throw disposed;
    }

    /// <summary>A model that is loaded when something is asked of it, and must then fit, if alone.</summary>
    private StagedModel Announce(ModelFile file, Stage stage)
    {
        lock (_gate)
            ObjectDisposedException.ThrowIf(_disposed, typeof(ITextEngine));
        var (plan, trained) = Plan(file);
        _budget.AdmitAlone(file.Name, plan);
        return new StagedModel(_backend, file, _options.ContextTokensOf(trained), _options.Sequences, stage);
    }

    /// <summary>llama.cpp sees only what the managed reader has passed.</summary>
    private (MemoryPlan Plan, int Trained) Plan(ModelFile file)
    {
        var gguf = GgufReader.Read(file.Path);
        var trained = GgufInspector.Describe(file.Path, gguf, file.Template).ContextLength;
        var adapter = file.Adapter is null ? null : AdapterInspector.Read(file.Adapter.Path, file.Path, gguf);
        _backend.Load(_options.NativePath, _logger);
        var gpuLayers = _backend.HasGpu ? _options.GpuLayers ?? int.MaxValue : 0;
        return (MemoryPlan.Of(gguf, adapter, _options.ShapeOf(trained), gpuLayers, _backend.Reserve), trained);
    }

    private LlamaModel Stand(ModelFile file, SharedWeights weights, MemoryPlan plan)
    {
        try
        {
            var model = new LlamaModel(
                _backend, file, weights, plan.WithoutWeights, _options, () => _work.Set(), Freed, _logger)
            {
                Shares = 1,
            };
            _budget.Hold(model.Plan);
            Compare(file.Name, plan, model.Used);
            return model;
        }
        catch
        {
            _weights.Return(weights);
            throw;
        }
    }

    private void Compare(string name, MemoryPlan planned, MemoryPlan used)
    {
        _logger.MemoryCompared(
            name, Mebi(planned.Weights), Mebi(used.Weights), Mebi(planned.Adapter), Mebi(used.Adapter),
            Mebi(planned.Cells), Mebi(used.Cells), Mebi(planned.Compute), Mebi(used.Compute), Mebi(planned.Outputs), Mebi(used.Outputs));

        static double Mebi(long bytes) => bytes / 1048576.0;
    }

    /// <summary>The context of a model is gone, on the decode thread.</summary>
    private void Freed(LlamaModel model)
    {
        _logger.ModelFreed(model.File.Name);
        _budget.GiveBack(model.Plan);
        _weights.Return(model.Weights);
    }

    private Task ReleaseAsync(LlamaModel model)
    {
        lock (_gate)
        {
            if (--model.Shares > 0)
                return Task.CompletedTask;
            model.Scheduler.Stop(new ObjectDisposedException(nameof(ITextModel), $"{model.File.Name} was freed; its requests end here."));
            if (_models.Contains(model))
            {
                _models = _models.Remove(model);
                _leaving.Add(model);
            }
        }
        _work.Set();
        return model.Freed;
    }

    /// <summary>The decode thread.</summary>
    private void Decode()
    {
        while (true)
        {
            LlamaModel[] leaving;
            ImmutableArray<LlamaModel> models;
            bool disposed;
            lock (_gate)
            {
                (models, disposed) = (_models, _disposed);
                leaving = [.. _leaving, .. disposed ? _models : []];
                _leaving.Clear();
                if (disposed)
                    _models = [];
            }
            foreach (var model in leaving)
                model.Free();
            if (disposed)
                return;
            var worked = false;
            var wait = Timeout.InfiniteTimeSpan;
            foreach (var model in models)
                switch (Step(model))
                {
                    case StepOutcome.Worked:
                        worked = true;
                        break;
                    case StepOutcome.Resting:
                        wait = Shorter(wait, model.Pace.Left);
                        break;
                }
            if (!worked)
                _work.WaitOne(wait);
        }
    }

    private static TimeSpan Shorter(TimeSpan wait, TimeSpan left) =>
        left <= TimeSpan.Zero ? TimeSpan.Zero : wait == Timeout.InfiniteTimeSpan || left < wait ? left : wait;

    private StepOutcome Step(LlamaModel model)
    {
        try
        {
            return model.Pace.Step();
        }
        catch (Exception e)
        {
            // The requests end here; the thread serves the other models' and those to come.
            _logger.StepFailed(e, model.File.Name);
            model.Scheduler.FailAll(e);
            return StepOutcome.Worked;
        }
    }
}
