using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;
using SPaR.Service.Trainings;

namespace SPaR.Service.OpenAi;

/// <summary>Fine-tuning jobs in OpenAI's form. A job is a training run.</summary>
internal static class FineTuningJobEndpoints
{
    private const int LongestName = 200, ShortId = 8, DefaultSize = 20;

    public static void MapFineTuningJobs(this IEndpointRouteBuilder openAi)
    {
        var jobs = openAi.MapGroup("/fine_tuning/jobs");
        jobs.MapPost("", Create).RequireScope(Scope.Submit).WithName("CreateFineTuningJob")
            .Idempotent("RetrieveFineTuningJob", typeof(TrainingRun)).WithSummary("Train a model on a file")
            .WithDescription(
                "method: dpo on preferences, supervised (the default) on chat messages or the preferred outputs. An adapter is trained and "
                + "merged; for other options use /v1/training-runs. \"auto\" is the service's default. learning_rate_multiplier multiplies "
                + "the default rate. validation_file: rows that are evaluated after each epoch. integrations are refused.")
            .WithMetadata(new BodyExample("""
                {
                  "model": "mdl_019aa0c4b1a97d0e8f3c5a6b7c8d9e10",
                  "training_file": "ds_019aa0c4b1a97d0e8f3c5a6b7c8d9e11",
                  "method": { "type": "dpo", "dpo": { "hyperparameters": { "beta": 0.1, "n_epochs": "auto" } } },
                  "suffix": "polite",
                  "metadata": { "team": "a" },
                  "seed": 1
                }
                """));
        jobs.MapGet("", List).RequireScope(Scope.Read).WithName("ListFineTuningJobs").WithSummary("List fine-tuning jobs, newest first")
            .WithDescription("metadata[key]=value selects by metadata, metadata=null those without.");
        jobs.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("RetrieveFineTuningJob").WithSummary("A fine-tuning job");
        jobs.MapPost("/{id}/cancel", (string id, SparDb db, TrainingLifecycle life, TimeProvider time, CancellationToken token) =>
            Move(id, db, life.CancelAsync, time, token)).RequireScope(Scope.Submit).WithName("CancelFineTuningJob")
            .Idempotent("RetrieveFineTuningJob")
            .WithSummary("Cancel a fine-tuning job");
        jobs.MapPost("/{id}/pause", (string id, SparDb db, TrainingLifecycle life, TimeProvider time, CancellationToken token) =>
            Move(id, db, life.PauseAsync, time, token)).RequireScope(Scope.Submit).WithName("PauseFineTuningJob")
            .Idempotent("RetrieveFineTuningJob")
            .WithSummary("Have a fine-tuning job write a checkpoint and stop");
        jobs.MapPost("/{id}/resume", (string id, SparDb db, TrainingLifecycle life, TimeProvider time, CancellationToken token) =>
            Move(id, db, life.ResumeAsync, time, token)).RequireScope(Scope.Submit).WithName("ResumeFineTuningJob")
            .Idempotent("RetrieveFineTuningJob")
            .WithSummary("Resume a paused or failed fine-tuning job");
        jobs.MapGet("/{id}/events", Events).RequireScope(Scope.Read).WithName("ListFineTuningEvents")
            .WithSummary("What happened in a fine-tuning job, newest first, with the metrics of every step");
        jobs.MapGet("/{id}/checkpoints", Checkpoints).RequireScope(Scope.Read).WithName("ListFineTuningCheckpoints")
            .WithSummary("The models of a fine-tuning job: the one that it made, once it has succeeded");
    }

    private static async Task<Results<Ok<FineTuningJob>, InvalidProblem, ConflictProblem>> Create(
        FineTuningJobRequest request, SparDb db, TrainableModels trainable, TrainingLifecycle life, UnfinishedLimit limit,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var id = Ids.New("trn", time);
        var errors = new List<FieldError>();
        FineTuningRequestReader.Check(request, errors);
        // Of 31 bits, as OpenAI's clients read it.
        var (method, options) = FineTuningRequestReader.Method(
            request, request.Seed ?? (long)(Seed.Derive(0, id) >> 33), errors);
        var metadata = FineTuningRequestReader.Metadata(request.Metadata, errors);
        var model = await ModelNames.FindAsync(db, request.Model, "model", errors, cancellationToken);
        var source = await TrainingUploads.FindAsync(db, request.TrainingFile, method, "training_file", errors, cancellationToken);
        var validation = request.ValidationFile is { } file
            ? await TrainingUploads.FindAsync(db, file, method, "validation_file", errors, cancellationToken)
            : null;
        if (model is not null)
            await trainable.CheckAsync(model, options.Lora, "model", "method", errors);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-job", errors);
        if (await limit.CheckAsync(db, WorkKind.Training, cancellationToken) is { } full)
            return full;
        var run = new TrainingRun
        {
            Id = id,
            Name = NameOf(model!, request.Suffix, id),
            Method = method,
            ModelId = model!.Id,
            Sources = [source!],
            EvalSource = validation,
            Options = options,
            Suffix = request.Suffix,
            Metadata = metadata,
            Status = RunStatus.Queued,
            Step = 0,
            DroppedCount = 0,
            Restarts = 0,
            CreatedAt = time.GetUtcNow(),
        };
        await life.CreateAsync(run, cancellationToken);
        return TypedResults.Ok(FineTuningJob.Of(run, TrainingRunView.Of(run, [], [], supervised: false), time));
    }

    /// <summary>What the model is called, as OpenAI builds it.</summary>
    private static string NameOf(Model model, string? suffix, string id)
    {
        var end = $":{suffix}:{id[^ShortId..]}";
        var most = LongestName - "ft:".Length - end.Length;
        return $"ft:{(model.Name.Length > most ? model.Name[..most] : model.Name)}{end}";
    }

    private static async Task<Ok<OpenAiList<FineTuningJob>>> List(
        [AsParameters] OpenAiPage page, HttpContext http, SparDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        var (size, after) = (page.SizeOr(DefaultSize), page.AfterId);
        var runs = await Selected(db, http.Request.Query).Where(r => after == null || string.Compare(r.Id, after) < 0)
            .OrderByDescending(r => r.Id).Take(size + 1).ToListAsync(cancellationToken);
        var jobs = new List<FineTuningJob>();
        foreach (var run in runs)
            jobs.Add(await ViewAsync(run, db, time, cancellationToken));
        return TypedResults.Ok(OpenAiList<FineTuningJob>.Of(jobs, size, j => j.Id));
    }

    private static IQueryable<TrainingRun> Selected(SparDb db, IQueryCollection query)
    {
        var pairs = query.Where(q => q.Key.StartsWith("metadata[", StringComparison.Ordinal) && q.Key.EndsWith(']')).ToList();
        if (query["metadata"] == "null")
            return FineTuningJobs.WithoutMetadata(db);
        return pairs.Count == 0 ? FineTuningJobs.In(db) : FineTuningJobs.With(db, new JsonObject(pairs.Select(
            q => KeyValuePair.Create(q.Key["metadata[".Length..^1], (JsonNode?)JsonValue.Create(q.Value.ToString())))).ToJsonString());
    }

    private static async Task<Results<Ok<FineTuningJob>, NotFoundProblem>> Get(
        string id, SparDb db, TimeProvider time, CancellationToken cancellationToken) =>
        await ReadAsync(id, db, time, cancellationToken) is { } job
            ? TypedResults.Ok(job)
            : NotFoundProblem.Of("fine-tuning job", id);

    private static Task<Results<Ok<FineTuningJob>, NotFoundProblem, ConflictProblem>> Move(
        string id, SparDb db, Func<string, CancellationToken, Task> move, TimeProvider time, CancellationToken cancellationToken) =>
        StatusChange.MakeAsync("fine-tuning job", id, move, token => ReadAsync(id, db, time, token), cancellationToken);

    private static async Task<Results<Ok<OpenAiList<FineTuningEvent>>, NotFoundProblem>> Events(
        string id, [AsParameters] OpenAiPage page, SparDb db, CancellationToken cancellationToken)
    {
        var size = page.SizeOr(DefaultSize);
        return await FineTuningJobs.In(db).FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is { } run
            ? TypedResults.Ok(OpenAiList<FineTuningEvent>.Of(
                await FineTuningEvents.ReadAsync(db, run, page.After, size + 1, cancellationToken), size, e => e.Id))
            : NotFoundProblem.Of("fine-tuning job", id);
    }

    private static async Task<Results<Ok<OpenAiList<FineTuningCheckpoint>>, NotFoundProblem>> Checkpoints(
        string id, [AsParameters] OpenAiPage page, SparDb db, CancellationToken cancellationToken)
    {
        if (await FineTuningJobs.In(db).FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is not { } run)
            return NotFoundProblem.Of("fine-tuning job", id);
        var last = await db.TrainingMetrics.AsNoTracking().Where(m => m.TrainingRunId == id).OrderByDescending(m => m.Step)
            .FirstOrDefaultAsync(cancellationToken);
        IReadOnlyList<FineTuningCheckpoint> made = FineTuningCheckpoint.Of(run, last) is { } one && page.After != one.Id ? [one] : [];
        return TypedResults.Ok(OpenAiList<FineTuningCheckpoint>.Of(made, page.SizeOr(DefaultSize), c => c.Id));
    }

    private static async Task<FineTuningJob?> ReadAsync(string id, SparDb db, TimeProvider time, CancellationToken cancellationToken) =>
        await FineTuningJobs.In(db).FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is { } run
            ? await ViewAsync(run, db, time, cancellationToken)
            : null;

    private static async Task<FineTuningJob> ViewAsync(
        TrainingRun run, SparDb db, TimeProvider time, CancellationToken cancellationToken) =>
        FineTuningJob.Of(run, await TrainingRunEndpoints.ViewAsync(run, db, cancellationToken), time);
}

/// <param name="Model">The model to train, by id, name or path.</param>
/// <param name="TrainingFile">The id of an uploaded file.</param>
/// <param name="ValidationFile">The id of an uploaded file whose rows are evaluated after each epoch and not trained on.</param>
/// <param name="Method">type: dpo or supervised, and under that name its hyperparameters: n_epochs, batch_size,
/// learning_rate_multiplier, with dpo also beta.</param>
/// <param name="Hyperparameters">Of supervised, in place of <c>method</c>.</param>
/// <param name="Suffix">Is part of the name of the model; up to 64 characters.</param>
/// <param name="Metadata">Up to 16 pairs of texts.</param>
/// <param name="Seed">Of shuffling and dropout; one is chosen if omitted.</param>
internal sealed record FineTuningJobRequest(
    string Model, string TrainingFile, JsonElement? Method = null, JsonElement? Hyperparameters = null, string? Suffix = null,
    JsonElement? Metadata = null, long? Seed = null, string? ValidationFile = null, JsonElement? Integrations = null);
