using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Datasets;
using SPaR.Service.Events;
using SPaR.Service.Http;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;

namespace SPaR.Service.Conversions;

/// <summary>Starts conversions, shows their progress, and moves their status.</summary>
internal static class ConversionEndpoints
{
    public static void MapConversions(this IEndpointRouteBuilder api)
    {
        var conversions = api.MapGroup("/conversions").WithTags("Models");
        conversions.MapPost("", Start).RequireScope(Scope.Submit).WithName("StartConversion")
            .Idempotent("GetConversion", typeof(Conversion))
            .WithSummary("Import, export or quantise a model")
            .WithDescription(
                "import: source is a Hugging Face folder under the models folder, or a PEFT folder with its base as model; the result is a "
                + "registered GGUF file. export: model becomes a Hugging Face folder, an adapter a PEFT folder. quantise: model becomes a "
                + "smaller GGUF file of file_type Q8_0, Q6_K, Q4_K or Q4_0; with dataset, the perplexity of its replies (of preferences "
                + "the chosen ones) is reported before and after. Results are under converted/ in the models folder.")
            .WithMetadata(new BodyExample("""
                { "kind": "quantise", "model": "mdl_019aa0c4b1a97d0e8f3c5a6b7c8d9e10", "file_type": "Q4_K" }
                """));
        conversions.MapGet("", List).RequireScope(Scope.Read).WithName("ListConversions").WithSummary("List conversions, newest first");
        conversions.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetConversion")
            .WithSummary("A conversion: status, progress, result");
        conversions.MapGet("/{id}/events", Events).RequireScope(Scope.Read).LimitStreams().WithName("GetConversionEvents")
            .WithSummary("What happened to a conversion, as a page or as a stream until it ends")
            .WithDescription(EventEndpoints.Description)
            .Produces<ConversionView>(StatusCodes.Status200OK, EventStream.ServerSent);
        conversions.MapPost("/{id}/cancel", (string id, SparDb db, ConversionLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.CancelAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("CancelConversion")
            .Idempotent("GetConversion")
            .WithSummary("Cancel a conversion; what it has written is removed");
        conversions.MapPost("/{id}/retry", (string id, SparDb db, ConversionLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.RetryAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("RetryConversion")
            .Idempotent("GetConversion")
            .WithSummary("Retry a failed conversion from the beginning");
        conversions.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteConversion")
            .WithSummary("Delete a conversion that has ended")
            .WithDescription(
                "A model that it made stays. The folder of an export stays unless file is true. What one that did not succeed has left is "
                + "removed.");
    }

    private static async Task<Results<Created<ConversionView>, InvalidProblem, ConflictProblem>> Start(
        ConversionRequest request, SparDb db, ConversionLifecycle life, ModelFolder folder, IModelInspector inspector,
        UnfinishedLimit limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var kind = ConversionRequestReader.Kind(request, errors);
        var model = request.Model is null ? null : await ModelNames.FindAsync(db, request.Model, "model", errors, cancellationToken);
        if (kind is { } known)
            ConversionRequestReader.Check(request, known, model, inspector.Templates, errors);
        if (request.Dataset is { } data && !await db.Datasets.AnyAsync(d => d.Id == data, cancellationToken))
            errors.Add(new("dataset", $"There is no dataset '{data}'; /v1/datasets lists them."));
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-conversion", errors);
        var source = request.Source is null ? null : folder.ResolveFolder(request.Source);
        if (await limit.CheckAsync(db, WorkKind.Conversion, cancellationToken) is { } full)
            return full;
        var conversion = new Conversion
        {
            Id = Ids.New("cnv", time),
            Name = request.Name,
            Kind = kind!.Value,
            Source = source,
            ModelId = model?.Id,
            Template = request.Template,
            FileType = request.FileType,
            DatasetId = request.Dataset,
            Status = RunStatus.Queued,
            Progress = 0,
            CreatedAt = time.GetUtcNow(),
        };
        await life.CreateAsync(conversion, cancellationToken);
        return TypedResults.Created($"/v1/conversions/{conversion.Id}", ConversionView.Of(conversion));
    }

    private static async Task<Ok<Page<ConversionView>>> List([AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.Conversions.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(ConversionView.Of), c => c.Id));
    }

    private static async Task<Results<Ok<ConversionView>, NotFoundProblem>> Get(
        string id, SparDb db, CancellationToken cancellationToken)
        => await ReadAsync(id, db, cancellationToken) is { } view ? TypedResults.Ok(view) : NotFoundProblem.Of("conversion", id);

    private static Task<Results<Ok<Page<EventView>>, ServerSentEventsResult<object>, NotFoundProblem>> Events(
        string id, HttpRequest request, [AsParameters] EventQuery query, SparDb db, ProgressStreams streams,
        CancellationToken cancellationToken)
    {
        return EventEndpoints.AnswerAsync<Conversion>(request, "conversion", id, query, db, streams, ReadNowAsync, cancellationToken);

        async Task<Progress?> ReadNowAsync(SparDb now, CancellationToken token) => await ReadAsync(id, now, token) is { } view
            ? new(view, $"{view.Status} {view.Progress}", StatusTransitions.IsEnd(view.Status))
            : null;
    }

    private static async Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, ConversionFiles files, CancellationToken cancellationToken, bool file = false)
    {
        Conversion? conversion = null;
        var result = await Deleted.AnswerAsync<Conversion>(db, "conversion", id, FindAsync, null, cancellationToken);
        // After the row: a crash here leaves a file that nothing names.
        if (result.Result is NoContent && (conversion!.Path is null || (file && conversion.Kind is ConversionKind.Export)))
            files.Remove(conversion);
        return result;

        async Task<ConflictProblem?> FindAsync()
        {
            conversion = await db.Conversions.AsNoTracking().SingleAsync(c => c.Id == id, cancellationToken);
            return StatusChange.RefuseOpen(WorkKind.Conversion, id, conversion.Status);
        }
    }

    private static Task<Results<Ok<ConversionView>, NotFoundProblem, ConflictProblem>> Move(
        string id, SparDb db, Func<string, CancellationToken, Task> move, CancellationToken cancellationToken) =>
        StatusChange.MakeAsync("conversion", id, move, token => ReadAsync(id, db, token), cancellationToken);

    private static async Task<ConversionView?> ReadAsync(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Conversions.AsNoTracking().FirstOrDefaultAsync(c => c.Id == id, cancellationToken) is { } conversion
            ? ConversionView.Of(conversion)
            : null;
}

/// <param name="Kind"><c>import</c>, <c>export</c> or <c>quantise</c>.</param>
/// <param name="Source">Of an import: the folder, relative to the models folder.</param>
/// <param name="Model">The model to export or quantise, by id, name or path; of an imported adapter the base.</param>
/// <param name="FileType">Of a quantisation: <c>Q8_0</c>, <c>Q6_K</c>, <c>Q4_K</c> or <c>Q4_0</c>.</param>
/// <param name="Dataset">Of a quantisation: the id of a dataset; the perplexity of its replies is measured before and after.</param>
/// <param name="Template">Of an import: one of <c>/v1/templates</c>. By default it is detected.</param>
/// <param name="Name">Of the conversion and of the model that it makes.</param>
internal sealed record ConversionRequest(
    string Kind, string? Source = null, string? Model = null, string? FileType = null, string? Dataset = null, string? Template = null,
    string? Name = null);

/// <param name="Progress">The share that is done, from 0 to 1.</param>
/// <param name="Path">What it made, relative to the models folder: a file, or of an export a folder; null until it is complete.</param>
/// <param name="Result">The model that it made; null for an export.</param>
/// <param name="Failure">Why it failed, or null.</param>
internal sealed record ConversionView(
    string Id, string? Name, ConversionKind Kind, string? Source, string? Model, string? FileType, string? Dataset, string? Template,
    RunStatus Status, double Progress, string? Path, string? Result, PerplexityReport? Perplexity, ConversionFailure? Failure,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public static ConversionView Of(Conversion c) => new(
        c.Id, c.Name, c.Kind, c.Source, c.ModelId, c.FileType, c.DatasetId, c.Template, c.Status, c.Progress, c.Path, c.ResultId,
        c.Perplexity, c.FailureCode is { } code ? new(code, c.FailureMessage ?? "") : null, c.CreatedAt, c.StartedAt, c.FinishedAt);
}

/// <param name="Code">Stable.</param>
/// <param name="Message">What happened and what to do.</param>
internal sealed record ConversionFailure(string Code, string Message);
