using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;
using TorchSharp;

namespace SPaR.Torch.Training;

/// <summary>One run from its newest checkpoint to its end: the reference, its check, then for each step a batch, its gradient, an update,
/// an evaluation where one is due, and a line of metrics. Runs on one thread.</summary>
internal sealed class TrainingSession : IDisposable
{
    private readonly TrainingPlan _plan;
    private readonly ILogger _logger;
    private readonly LanguageModel _model;
    private readonly Device _device;
    private readonly TrainingData _data;
    private readonly TrainingMemoryPlan _memory;
    private readonly BatchPlan _batches;
    private readonly Checkpoints _checkpoints;
    private readonly Dictionary<string, Tensor> _state = [];
    private readonly IOptimiser _optimiser;
    private readonly TrainingMonitor _monitor;
    private readonly Workers _workers;
    private readonly string _run;
    private Validation? _validation;
    private long _step;
    private long _tokens;

    private TrainingSession(
        TrainingPlan plan, LanguageModel model, TrainingData data, TrainingMemoryPlan memory, Device device, ILogger logger)
    {
        (_plan, _model, _data, _memory, _device, _logger) = (plan, model, data, memory, device, logger);
        _batches = new BatchPlan(_data.Examples, Options.BatchSize, Options.NumTrainEpochs, Options.Seed, plan.Job.Weights);
        _checkpoints = new Checkpoints(plan.Folder, Options.SaveTotalLimit);
        _optimiser = plan.Optimiser(model.Config.RowsOfParts);
        _monitor = new TrainingMonitor(Options.Beta);
        _workers = new Workers(Threads(Options, device));
        _run = plan.RunHash();
    }

    private TrainingOptions Options => _plan.Options;

    /// <exception cref="TrainingFailureException">Job, data or memory do not allow it.</exception>
    public static TrainingSession Open(TrainingPlan plan, Device device, ILogger logger)
    {
        var trainable = TrainableModel.Read(plan.Job.Model, plan.Options.Lora);
        var data = plan.ReadData(trainable.Config.VocabularySize);
        var process = ProcessMemory.Now;
        TrainingMemoryPlan? PlanOf(TrainingOptions options) =>
            TrainingShape.Of(data.Examples, options, Threads(options, device)) is { } shape
                ? TrainingMemoryPlan.Of(
                    trainable.Path, trainable.File, trainable.Config, options, shape, Threads(options, device), process,
                    TrainingShape.OfEvaluation(data.HeldOut, options, Threads(options, device)))
                : null;
        var memory = PlanOf(plan.Options)!;
        logger.MemoryPlanned(memory);
        // A GPU has its own memory, and torch says when it is full.
        if (device.type == DeviceType.CPU)
            new MemoryLimit(PlanOf).Require(
                plan.Options, new MachineMemory().Free() is var (free, source) ? (free + process, source) : null);
        var model = LanguageModel.Load(plan.Job.Model, plan.Precision, plan.Options.Lora, plan.Options.Seed, device);
        try
        {
            return new TrainingSession(plan, model, data, memory, device, logger);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public TrainingEnd Train(CancellationToken cancellationToken)
    {
        ListDropped();
        // Before the checkpoint replaces the weights, as the reference is the starting model.
        // A resumed run has left its reference, so it is not checked again.
        if (Objectives.Of(
            _plan, _data, _model, _workers, _checkpoints.All.Count == 0 ? _batches.At(0) : null,
            () => cancellationToken.IsCancellationRequested || StopRequested) is not { } objectives)
            return Stop();
        if (objectives.HeldOut is { } heldOut)
            _validation = new(
                Options, _data.HeldOut, heldOut, _model.LogProbs, _workers, _batches.StepsPerEpoch, _batches.Steps);
        Resume();
        _logger.TrainingStarted(_data.Examples.Length, _data.HeldOut.Length, _data.Dropped.Length, _step, _batches.Steps);
        using var runner = new StepRunner(_model.Trainable, objectives.Training,
            (sequences, loss, into, seed) => _model.Accumulate(sequences, loss, into, Options.GradientCheckpointing, seed), _workers);
        using var metrics = new MetricsFile(_plan.Folder, _step);
        while (!IsDone)
        {
            if (cancellationToken.IsCancellationRequested || StopRequested)
                return Stop();
            var loss = Step(runner, metrics);
            if (_step % Options.SaveSteps == 0 || IsDone || BestStep == _step)
            {
                Checkpoint();
                _logger.CheckpointWritten(_step, _batches.Steps, loss);
            }
        }
        _plan.RequireUnchangedModel();
        Finish();
        _logger.MemoryUsed(ProcessMemory.Peak, _memory.Peak);
        return TrainingEnd.Finished;
    }

    public void Dispose()
    {
        _workers.Dispose();
        foreach (var tensor in _state.Values)
            tensor.Dispose();
        _model.Dispose();
    }

    /// <returns>The batch's loss.</returns>
    private double Step(StepRunner runner, MetricsFile metrics)
    {
        using var scope = NewDisposeScope();
        var started = TimeProvider.System.GetTimestamp();
        var rows = _batches.At(_step);
        var values = runner.Run(rows, Options.MicroBatchSize, _step + 1, (long)Seeds.Of($"{Options.Seed}/step/{_step}") >> 1);
        var rate = Schedule.Rate(Options.LrSchedulerType, Options.LearningRate, Options.WarmupRatio, _step, _batches.Steps);
        using (no_grad())
        {
            // The update is bound by memory, and the workers are idle now: torch may use their threads.
            set_num_threads(_workers.Count);
            var clip = GradientNorm.Clip(values["grad_norm"], Options.MaxGradNorm);
            _optimiser.Update(_model.Trainable, runner.Gradients, clip, _state, rate, _step + 1);
        }

        _step++;
        var tokens = rows.Sum(r => r.Tokens);
        _tokens += tokens;
        values["epoch"] = (double)_step / _batches.StepsPerEpoch;
        values["learning_rate"] = rate;
        values["tokens_per_second"] = tokens / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        values["num_tokens"] = _tokens;
        values["total_steps"] = _batches.Steps;
        values["memory/planned"] = _memory.Peak;
        values["memory/used"] = ProcessMemory.Peak;
        if (_validation?.IsDue(_step) is true)
            foreach (var (name, value) in _validation.Run(_step))
                values[name] = value;
        metrics.Add(values, _step);
        if (_plan.Job.Method == TrainingMethod.Dpo && _plan.PreferenceLoss().UsesReference)
            _monitor.Observe(_step, values["rewards/chosen"], values["rewards/rejected"], rows.Average(r => r.Sides[0].TargetCount), rate);
        return values["loss"];
    }

    private bool IsDone => _step == _batches.Steps || _validation?.IsOver is true;

    /// <summary>The step whose weights the trained model gets, where that may be an earlier one.</summary>
    private long? BestStep => Options.LoadBestModelAtEnd ? _validation?.Best?.Step : null;

    /// <summary>Writes the result, from the weights of the best evaluation where that is asked for.</summary>
    private void Finish()
    {
        var step = BestStep ?? _step;
        if (step != _step)
            _checkpoints.Read(step, _run, stored => stored.Name.StartsWith("weight/", StringComparison.Ordinal) ? Target(stored) : null);
        TrainingResult.Write(_plan, _model, step, _data.Examples.Length, Outcome(step));
        _logger.TrainingFinished(_step);
    }

    private TrainingOutcome? Outcome(long modelStep)
    {
        if (_validation?.Best is not { } best)
            return null;
        var metric = string.Create(
            CultureInfo.InvariantCulture, $"{Options.MetricForBestModel} was best after step {best.Step}: {best.Metric:g4}");
        return _step == _batches.Steps
            ? new("completed", $"All {_step} steps were made. {metric}.", best.Step, best.Metric, modelStep)
            : new(
                "early-stopping", $"Stopped after step {_step} of {_batches.Steps}, as {best.WithoutImprovement} evaluations in a row "
                + $"brought no improvement. {metric}.", best.Step, best.Metric, modelStep);
    }

    private void Resume()
    {
        var cursor = _checkpoints.Read(_run, Target);
        if (cursor is null)
            return;
        (_step, _tokens) = (cursor.Step, cursor.Tokens);
        _monitor.Restore(cursor.Stuck, cursor.Fallen);
        _validation?.Restore(cursor.Best);
    }

    private Tensor Target(StoredTensor stored) => stored.Name.Split('/', 2) switch
    {
        ["weight", var name] when _model.Trainable.TryGetValue(name, out var weight) => weight,
        ["state", var key] => _state[key] = zeros([.. stored.Shape], stored.Type, _device),
        _ => throw new TrainingFailureException(FailureCode.BadCheckpoint,
            $"The newest checkpoint has the tensor '{stored.Name}', which this job does not train. Delete the checkpoint's folder."),
    };

    private void Checkpoint()
    {
        var (epoch, batch) = Math.DivRem(_step, _batches.StepsPerEpoch);
        var tensors = _model.Trainable.Select(w => KeyValuePair.Create($"weight/{w.Key}", w.Value))
            .Concat(_state.Select(s => KeyValuePair.Create($"state/{s.Key}", s.Value))).ToDictionary();
        _checkpoints.Write(
            new Cursor(
                _step, epoch, batch, Options.Seed, _run, _tokens, _monitor.StuckCount, _monitor.CollapsedCount, _validation?.Best),
            tensors, BestStep);
    }

    private bool StopRequested => File.Exists(Path.Combine(_plan.Folder, TrainingFolder.Stop));

    private TrainingEnd Stop()
    {
        if (_step > 0)
            Checkpoint();
        // The request is done: a restarted process resumes the run.
        File.Delete(Path.Combine(_plan.Folder, TrainingFolder.Stop));
        _logger.TrainingStopped(_step, _batches.Steps);
        return TrainingEnd.Stopped;
    }

    private void ListDropped() => File.WriteAllLines(Path.Combine(_plan.Folder, DroppedRow.FileName),
        _data.Dropped.Select(d => JsonSerializer.Serialize(d, TrainingJson.Options)));

    /// <summary>On the CPU, threads share the work; a GPU gets its work from a single thread.</summary>
    private static int Threads(TrainingOptions options, Device device) =>
        device.type != DeviceType.CPU ? 1 : options.Threads == 0 ? Environment.ProcessorCount : options.Threads;
}
