using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Llama.Native;

namespace SPaR.Llama.Scheduling;

/// <summary>Loads models and owns the one decode thread, which takes a step of each loaded model in turn: two evaluations at once would
/// fight over the same processors.</summary>
internal sealed class LlamaEngine : ITextEngine
{
    private readonly LlamaOptions _options;
    private readonly ILogger<LlamaEngine> _logger;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly AutoResetEvent _work = new(false);
    private readonly Thread _thread;
    private readonly List<LlamaModel> _leaving = [];
    private ImmutableArray<LlamaModel> _models = [];
    private bool _disposed;

    public LlamaEngine(IOptions<LlamaOptions> options, ILogger<LlamaEngine> logger)
    {
        (_options, _logger) = (options.Value, logger);
        if (_options.Validate() is { Count: > 0 } errors)
            throw new ArgumentException(string.Join(" ", errors), nameof(options));
        _thread = new Thread(Decode) { Name = "llama decode", IsBackground = true };
        _thread.Start();
    }

    public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
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
        // llama.cpp sees only what the managed reader has passed.
        new GgufInspector().Inspect(file.Path, file.Template);
        NativeLibraries.Load(_options.NativePath, _logger);
        var model = LlamaModel.Load(file, _options, () => _work.Set(), _logger);
        model.Shares = 1;
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

    private Task ReleaseAsync(LlamaModel model)
    {
        lock (_gate)
        {
            if (--model.Shares > 0)
                return Task.CompletedTask;
            model.Scheduler.Stop(new ObjectDisposedException(nameof(ITextModel), $"{model.File.Path} was freed; its requests end here."));
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
            foreach (var model in models)
                worked |= Step(model);
            if (!worked)
                _work.WaitOne();
        }
    }

    private bool Step(LlamaModel model)
    {
        try
        {
            return model.Scheduler.Step();
        }
        catch (Exception e)
        {
            // The requests end here; the thread serves the other models' and those to come.
            _logger.StepFailed(e, model.File.Path);
            model.Scheduler.FailAll(e);
            return true;
        }
    }
}
