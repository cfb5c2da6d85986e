using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;
using SPaR.Service.Recipes;

namespace SPaR.Service.Trainings;

/// <summary>Starts training runs, shows their progress, and moves their status.</summary>
internal static class TrainingRunEndpoints
{
    private const int NameLimit = 200, FirstDropped = 20;

    public static void MapTrainingRuns(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/training-runs").WithTags("Training");
        runs.MapPost("", Start).RequireScope(Scope.Submit).WithName("StartTrainingRun").Idempotent("GetTrainingRun", typeof(TrainingRun))
            .WithSummary("Train a model on the data of a run or on an upload")
            .WithDescription(
                "method: dpo (on preferences) or sft (on refiner-examples, or on the chosen sides of preferences). dataset: a run with, if "
                + "wanted, its round and data, or an upload. datasets: several of them, each with a weight if wanted. eval_dataset: rows "
                + "that are evaluated and not trained on; or options.val_size, a share of the data. options: the "
                + "hyper-parameters that differ from the defaults; the answer has them all. With lora the run makes an adapter "
                + "(adapter: path, sha256, bytes), and its result is a model on this base; with "
                + "lora.merge the result is a file of its own, with the adapter merged in. All of it is checked before anything is stored, "
                + "and every error is reported.")
            .WithMetadata(new BodyExample("""
                {
                  "name": "first training",
                  "method": "dpo",
                  "model": "mdl_019aa0c4b1a97d0e8f3c5a6b7c8d9e10",
                  "dataset": { "run": "run_019aa0c4b1a97d0e8f3c5a6b7c8d9e11", "round": 1, "data": "preferences" },
                  "options": {
                    "learning_rate": 2e-7, "beta": 0.1, "num_train_epochs": 1, "batch_size": 32, "lora": { "r": 8, "lora_alpha": 16 }
                  },
                  "seed": 1
                }
                """));
        runs.MapGet("", List).RequireScope(Scope.Read).WithName("ListTrainingRuns").WithSummary("List training runs, newest first");
        runs.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetTrainingRun")
            .WithSummary("A training run: status, steps, last metrics, first dropped rows, result");
        runs.MapPost("/{id}/pause", (string id, SparDb db, TrainingLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.PauseAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("PauseTrainingRun")
            .Idempotent("GetTrainingRun")
            .WithSummary("Write a checkpoint and stop; resume continues from it")
            .WithDescription("It is pausing until the step in progress has ended and its checkpoint is written, however long that takes.");
        runs.MapPost("/{id}/resume", (string id, SparDb db, TrainingLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.ResumeAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("ResumeTrainingRun")
            .Idempotent("GetTrainingRun")
            .WithSummary("Resume a paused or failed training run")
            .WithDescription(
                "From its last checkpoint. One that failed can resume once the cause is fixed: the disk, the libraries, the "
                + "memory, a file. One that failed by its data or options (not-finite, no-rows, step-zero, rewards-stuck, "
                + "chosen-collapse, …) would fail again and is refused.");
        runs.MapPost("/{id}/retry", (string id, SparDb db, TrainingLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.RetryAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("RetryTrainingRun")
            .Idempotent("GetTrainingRun")
            .WithSummary("Retry a failed training run from its last checkpoint")
            .WithDescription("As resume, which also takes paused ones; here for symmetry with runs and evaluations.");
        runs.MapPost("/{id}/cancel", (string id, SparDb db, TrainingLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.CancelAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("CancelTrainingRun")
            .Idempotent("GetTrainingRun")
            .WithSummary("Cancel a training run")
            .WithDescription("Its process is asked to exit, and killed after the worker's Training:CancelGraceSeconds (10).");
        runs.MapPost("/{id}/release", (string id, SparDb db, TrainingOwnerStore owner, CancellationToken cancellationToken) =>
            Move(id, db, owner.ReleaseAsync, cancellationToken)).RequireScope(Scope.Admin).WithName("ReleaseTrainingRun")
            .Idempotent("GetTrainingRun")
            .WithSummary("Take a training run away from a machine that is lost")
            .WithDescription(
                "A training run belongs to the machine and the training folder that started it (worker), and other workers leave it alone: "
                + "they see neither its process nor its checkpoints. When that machine will not come back, this lets any worker start the "
                + "run afresh, without its old checkpoints and metrics. Make sure that no process of it still runs there. Refused "
                + "while a worker supervises the run.");
        runs.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteTrainingRun")
            .WithSummary("Delete a training run that has ended, with its metrics and its folder")
            .WithDescription("A round's training is deleted with its run. Trained models and adapters stay; delete them as models.");
    }

    private static Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, CancellationToken cancellationToken) =>
        Deleted.AnswerAsync<TrainingRun>(
            db, "training run", id, () => TrainingDeletion.RefusalAsync(db, id, cancellationToken),
            () => TrainingDeletion.RemoveFolderAsync(db, id, cancellationToken), cancellationToken);

    /// <summary>The last metrics, in order; the estimate needs more than one.</summary>
    internal static async Task<TrainingRunView> ViewAsync(TrainingRun run, SparDb db, CancellationToken cancellationToken)
    {
        var last = await db.TrainingMetrics.AsNoTracking().Where(m => m.TrainingRunId == run.Id && m.Step > run.Step - 20)
            .OrderBy(m => m.Step).ToListAsync(cancellationToken);
        var supervised = await WorkLock.HeldAsync(db, [run.Id], cancellationToken);
        var dropped = run.DroppedCount == 0
            ? []
            : await DroppedRowEndpoints.Of(db, run.Id).Take(FirstDropped).Select(r => new DroppedRow(r.RowId, r.Reason, r.Dataset))
                .ToListAsync(cancellationToken);
        var evaluated = run.EvalRows > 0
            ? await db.TrainingMetrics.FromSql(
                $"""
                SELECT * FROM spar.training_metrics WHERE training_run_id = {run.Id} AND jsonb_exists("values", 'eval_loss')
                ORDER BY step DESC LIMIT 1
                """).AsNoTracking().SingleOrDefaultAsync(cancellationToken)
            : null;
        return TrainingRunView.Of(run, last, dropped, supervised.Contains(run.Id), evaluated);
    }

    private static async Task<Results<Created<TrainingRunView>, InvalidProblem, ConflictProblem>> Start(
        TrainingRunRequest request, SparDb db, TrainableModels trainable, TrainingLifecycle life, UnfinishedLimit limit, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var id = Ids.New("trn", time);
        var errors = new List<FieldError>();
        if (request.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit))
            errors.Add(new("name", $"A name has 1 to {NameLimit} characters."));
        var method = TrainingRequestReader.Method(request.Method, errors);
        var model = await ModelNames.FindAsync(db, request.Model, "model", errors, cancellationToken);
        var (sources, eval) = await SourcesAsync(request, method, db, errors, cancellationToken);
        // Where none is given each run has its own; of 53 bits, which every JSON reader holds exactly.
        var seed = request.Seed ?? (long)(Seed.Derive(0, id) >> 11);
        var options = TrainingOptionsReader.Read(request.Options, method, seed, errors, eval is not null);
        if (model is not null)
            await trainable.CheckAsync(model, options.Lora, "model", "options", errors);
        if (errors.Count == 0 && options.ValSize > 0)
            await CheckShareAsync(sources, db, errors, cancellationToken);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-training-run", errors);
        if (await limit.CheckAsync(db, WorkKind.Training, cancellationToken) is { } full)
            return full;
        var run = new TrainingRun
        {
            Id = id,
            Name = request.Name,
            Method = method,
            ModelId = model!.Id,
            Sources = sources,
            EvalSource = eval,
            Options = options,
            Status = RunStatus.Queued,
            Step = 0,
            DroppedCount = 0,
            Restarts = 0,
            CreatedAt = time.GetUtcNow(),
        };
        await life.CreateAsync(run, cancellationToken);
        return TypedResults.Created($"/v1/training-runs/{id}", TrainingRunView.Of(run, [], [], supervised: false));
    }

    /// <returns>What is trained on, and the dataset of held-out rows if there is one.</returns>
    private static async Task<(ImmutableArray<TrainingSource> Sources, TrainingSource? Eval)> SourcesAsync(
        TrainingRunRequest request, Abstractions.TrainingMethod method, SparDb db, List<FieldError> errors,
        CancellationToken cancellationToken)
    {
        var before = errors.Count;
        var given = TrainingRequestReader.Sources(request.Dataset, request.Datasets, method, errors);
        var eval = request.EvalDataset is { } json ? TrainingRequestReader.Source(json, "eval_dataset", method, errors) : null;
        if (eval is not null && given.Any(s => s.Source.IsSame(eval)))
            errors.Add(new("eval_dataset", "names data that is trained on; name other data, or set options.val_size to hold out a share."));
        if (errors.Count > before)
            return ([], eval);
        var sources = ImmutableArray.CreateBuilder<TrainingSource>();
        foreach (var (source, field) in given)
            sources.Add(await FindDatasetErrorsAsync(source, field, method, db, errors, cancellationToken));
        return (
            sources.ToImmutable(),
            eval is null ? null : await FindDatasetErrorsAsync(eval, "eval_dataset", method, db, errors, cancellationToken));
    }

    private static async Task CheckShareAsync(
        ImmutableArray<TrainingSource> sources, SparDb db, List<FieldError> errors, CancellationToken cancellationToken)
    {
        var rows = 0;
        foreach (var source in sources)
            rows += await TrainingDataStore.CountAsync(db, source, cancellationToken);
        if (rows < 2)
            errors.Add(new(
                "options.val_size", "holds out a share of one row, and none would be left to train on. Leave it out, or give more data."));
    }

    /// <returns>The source with the kind of data that an upload turned out to hold.</returns>
    private static async Task<TrainingSource> FindDatasetErrorsAsync(
        TrainingSource source, string field, Abstractions.TrainingMethod method, SparDb db, List<FieldError> errors,
        CancellationToken cancellationToken)
    {
        if (source.Upload is { } upload)
            return await TrainingUploads.FindAsync(db, upload, method, $"{field}.upload", errors, cancellationToken) is { } found
                ? found with { Weight = source.Weight }
                : source;
        if (await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == source.Run, cancellationToken) is not { } run)
            errors.Add(new($"{field}.run", $"There is no run '{source.Run}'; /v1/runs lists them."));
        else if (source.Round > run.Rounds)
            errors.Add(new($"{field}.round", $"The run '{run.Id}' has {run.Rounds} round(s); there is no round {source.Round}."));
        else if (run.Status is RunStatus.Queued or RunStatus.Running or RunStatus.Pausing or RunStatus.Cancelling)
            errors.Add(
                new($"{field}.run", $"The run '{run.Id}' is {EnumName.Of(run.Status)} and its data may still grow; wait, or pause it."));
        else if (await TrainingDataStore.CountAsync(db, source, cancellationToken) == 0)
            errors.Add(new(field, $"Round {source.Round} of the run '{run.Id}' has no {EnumName.Of(source.Data)}: "
                + "there is nothing to train on."));
        return source;
    }

    private static async Task<Ok<Page<TrainingRunView>>> List([AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var runs = await db.TrainingRuns.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
        var views = new List<TrainingRunView>();
        foreach (var run in runs)
            views.Add(await ViewAsync(run, db, cancellationToken));
        return TypedResults.Ok(page.Of(views, r => r.Id));
    }

    private static async Task<Results<Ok<TrainingRunView>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken)
        => await ReadAsync(id, db, cancellationToken) is { } view ? TypedResults.Ok(view) : NotFoundProblem.Of("training run", id);

    private static Task<Results<Ok<TrainingRunView>, NotFoundProblem, ConflictProblem>> Move(
        string id, SparDb db, Func<string, CancellationToken, Task> move, CancellationToken cancellationToken) =>
        StatusChange.MakeAsync("training run", id, move, token => ReadAsync(id, db, token), cancellationToken);

    private static async Task<TrainingRunView?> ReadAsync(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.TrainingRuns.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is { } run
            ? await ViewAsync(run, db, cancellationToken)
            : null;
}

/// <param name="Method"><c>dpo</c> or <c>sft</c>.</param>
/// <param name="Model">The model to train, by id, name or path; its weights F32, F16 or BF16.</param>
/// <param name="Dataset"><c>run</c> (with, if wanted, <c>round</c> and <c>data</c>: <c>preferences</c> or <c>refiner-examples</c>) or
/// <c>upload</c>, the id of a dataset.</param>
/// <param name="Datasets">In its place several of them, each with <c>weight</c>, above 0 to 1000, if wanted: its share of an epoch. Without
/// weights each row is used once.</param>
/// <param name="EvalDataset">Held-out rows, in the form of <c>dataset</c>: evaluated and not trained on.</param>
/// <param name="Options">The hyper-parameters that differ from the defaults.</param>
/// <param name="Seed">Of shuffling and dropout, as a number or a string; one is chosen if omitted.</param>
internal sealed record TrainingRunRequest(
    string Method,
    string Model,
    JsonElement? Dataset = null,
    JsonElement? Datasets = null,
    JsonElement? EvalDataset = null,
    JsonElement? Options = null,
    string? Name = null,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)] long? Seed = null);
