using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <param name="Model">The model that training starts from.</param>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="Steps">Optimiser steps in all; null until the data is prepared.</param>
/// <param name="RemainingSeconds">Estimated from the last steps; null while nothing is known.</param>
/// <param name="Datasets">What it trains on, each with what became of its rows.</param>
/// <param name="EvalDataset">A dataset of held-out rows of its own, or null.</param>
/// <param name="Rows">Rows that are trained on; null until the data is prepared.</param>
/// <param name="EvalRows">Rows that are held out: evaluated and not trained on; null until the data is prepared.</param>
/// <param name="DroppedCount">Rows that are neither; <c>/v1/training-runs/{id}/dropped-rows</c> lists them all.</param>
/// <param name="Dropped">The first of them, each with the reason.</param>
/// <param name="DatasetSha256">Of the rows in order; null until the data is prepared.</param>
/// <param name="Metrics">Of the last step, under TRL's names.</param>
/// <param name="Evaluation">Of the last step that was evaluated on held-out rows; null before, or without such rows.</param>
/// <param name="Outcome">With held-out rows: how it ended, and which step was the best; null until then.</param>
/// <param name="Restarts">How often its process died and was restarted.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Result">The model it made.</param>
/// <param name="Adapter">With LoRA: the adapter in llama.cpp's form, under the models folder. The result is the base with this adapter;
/// with lora.merge it is a file of its own, with the adapter merged in.</param>
/// <param name="Worker">The machine and the training folder that it belongs to, once a worker has started it: its process and its
/// checkpoints are there, and only workers there continue it.</param>
/// <param name="Detail">What it waits for, where that is not the next step.</param>
/// <param name="Options">With every option resolved.</param>
internal sealed record TrainingRunView(
    string Id, string? Name, TrainingMethod Method, string Model, IReadOnlyList<TrainingDataset> Datasets, TrainingDataset? EvalDataset,
    RunStatus Status, int Step, int? Steps, double? RemainingSeconds, int? Rows, int? EvalRows, int DroppedCount,
    IReadOnlyList<DroppedRow> Dropped, string? DatasetSha256, JsonNode? Metrics, JsonNode? Evaluation, int Restarts,
    TrainingFailureView? Failure, TrainingOutcome? Outcome, string? Result, TrainedAdapter? Adapter, TrainingWorker? Worker,
    string? Detail, string Seed, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, JsonElement Options)
{
    /// <param name="last">The last metrics, in order of their steps.</param>
    /// <param name="dropped">The first rows that were dropped.</param>
    /// <param name="supervised">Whether a worker supervises it.</param>
    /// <param name="evaluated">The last metrics of held-out rows.</param>
    public static TrainingRunView Of(
        TrainingRun r, IReadOnlyList<TrainingMetric> last, IReadOnlyList<DroppedRow> dropped, bool supervised,
        TrainingMetric? evaluated = null) => new(
        r.Id, r.Name, r.Method, r.ModelId, [.. r.Sources.Select((s, i) => TrainingDataset.Of(s, r.SourceRows?[i]))],
        r.EvalSource is { } eval ? TrainingDataset.Of(eval, r.SourceRows?[^1]) : null, r.Status, r.Step, r.Steps, Remaining(r, last),
        r.Rows, r.EvalRows, r.DroppedCount, dropped, r.DatasetHash, last.Count == 0 ? null : last[^1].Values, evaluated?.Values, r.Restarts,
        r.FailureCode is null ? null : new(r.FailureCode, r.FailureMessage!, r.FailureRow),
        r.Outcome, r.ResultId, TrainedAdapter.Of(r), TrainingWorker.Of(r), TrainingDetail.Of(r, supervised),
        r.Options.Seed.ToString(CultureInfo.InvariantCulture), r.CreatedAt, r.StartedAt, r.FinishedAt,
        JsonSerializer.SerializeToElement(r.Options, TrainingJson.Options));

    private static double? Remaining(TrainingRun run, IReadOnlyList<TrainingMetric> last)
    {
        if (run.Status is not RunStatus.Running || run.Steps is not { } steps || last.Count < 2 || last[^1].Step == last[0].Step)
            return null;
        var perStep = (last[^1].ReadAt - last[0].ReadAt).TotalSeconds / (last[^1].Step - last[0].Step);
        return Math.Round(Math.Max(0, steps - run.Step) * perStep, 1);
    }
}

/// <summary>A source of training data.</summary>
/// <param name="Weight">Its share of an epoch among several; null where each row is used once.</param>
/// <param name="Rows">What became of its rows; null until the data is prepared.</param>
internal sealed record TrainingDataset(string? Run, int? Round, string? Upload, TrainingData Data, double? Weight, SourceRows? Rows)
{
    public static TrainingDataset Of(TrainingSource source, SourceRows? rows) =>
        new(source.Run, source.Round, source.Upload, source.Data, source.Weight, rows);
}

/// <param name="Folder">The id of its training folder, from the file <c>folder.id</c> in it.</param>
internal sealed record TrainingWorker(string Machine, string Folder)
{
    public static TrainingWorker? Of(TrainingRun run) =>
        run is { Machine: { } machine, FolderId: { } folder } ? new(machine, folder) : null;
}

/// <summary>Says what a training run waits for.</summary>
internal static class TrainingDetail
{
    /// <param name="supervised">Whether a worker supervises it.</param>
    public static string? Of(TrainingRun run, bool supervised) => run.Status switch
    {
        RunStatus.Queued or RunStatus.Running or RunStatus.Pausing or RunStatus.Cancelling
            when run.FolderId is not null && !supervised =>
            $"No worker supervises it right now. It belongs to the machine '{run.Machine}', where its process and its checkpoints are: "
            + $"only a worker there continues it. If that machine is lost, POST /v1/training-runs/{run.Id}/release lets "
            + "another one start it afresh.",
        RunStatus.Queued => "It waits for a worker that is free to train.",
        RunStatus.Pausing => "The step in progress ends first, and then its checkpoint is written.",
        RunStatus.Cancelling => "Its process is asked to exit, and killed after the worker's Training:CancelGraceSeconds.",
        RunStatus.Running when run.Steps is null => "Its data is being prepared.",
        _ => null,
    };
}

/// <param name="Code">Stable: <c>not-finite</c>, <c>no-rows</c>, <c>trainer-died</c>, <c>native-missing</c>, …</param>
/// <param name="Row">The row at fault, where one is.</param>
internal sealed record TrainingFailureView(string Code, string Message, string? Row);
