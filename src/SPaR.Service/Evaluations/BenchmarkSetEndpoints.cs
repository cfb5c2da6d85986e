using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Uploads;

namespace SPaR.Service.Evaluations;

/// <summary>Uploads benchmark items, as NDJSON or as a JSON list, and lists them.</summary>
internal static class BenchmarkSetEndpoints
{
    public static void MapBenchmarkSets(this IEndpointRouteBuilder api)
    {
        var sets = api.MapGroup("/benchmarks").WithTags("Evaluation");
        sets.MapGet("/kinds", Kinds).RequireScope(Scope.Read).WithName("ListBenchmarkKinds")
            .WithSummary("The benchmarks: what each measures, the fields of an item, and an example line");
        sets.MapPost("", Submit).RequireScope(Scope.Submit).LimitStreams().WithName("SubmitBenchmark")
            .Idempotent("GetBenchmark", typeof(BenchmarkSet))
            .WithSummary("Upload benchmark items as a file: NDJSON, JSON, CSV or Parquet")
            .WithDescription(
                UploadedFile.Description
                + "benchmark: one of /v1/benchmarks/kinds, which shows what an item of each looks like. Either all items are stored or "
                + "none, unless skip_invalid is true; errors name place and field, and for a duplicate key both places. An unknown "
                + "column is an "
                + "error; unknown=ignore leaves it out. map=question=prompt reads a column under another name. A set never changes; sha256 "
                + "is that of its items, in any kind of file. A body may be as long as the key's max_body_bytes.")
            .Accepts<JsonElement>(UploadedFile.ContentTypes[0], UploadedFile.ContentTypes[1..])
            .WithMetadata(
                new BodyExample(IfevalExample, UploadedFile.ContentTypes[0]), new BodyExample($"[{IfevalExample}]"));
        sets.MapPost("/of-run", OfRun).RequireScope(Scope.Submit).WithName("MakeBenchmarkOfRun")
            .Idempotent("GetBenchmark", typeof(BenchmarkSet))
            .WithSummary("Make a judge-agreement benchmark of the answers of a run that a program has verified")
            .WithDescription(
                "Of a run whose instructions have constraints: every answer and refinement that its judge was asked about, labelled by "
                + "whether it follows them all. round: by default all rounds. A judge can then be measured on them, in any way of judging.")
            .WithMetadata(new BodyExample("""{ "run": "run_019aa0c4b1a97d0e8f3c5a6b7c8d9e11", "round": 1 }"""));
        sets.MapGet("", List).RequireScope(Scope.Read).WithName("ListBenchmarks").WithSummary("List uploaded items by set, newest first");
        sets.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetBenchmark").WithSummary("One set of items");
        sets.MapGet("/{id}/items", Items).RequireScope(Scope.Read).WithName("ListBenchmarkItems")
            .WithSummary("The items of a set, in order");
        sets.MapGet("/{id}/skipped", Skipped).RequireScope(Scope.Read).WithName("ListSkippedBenchmarkItems")
            .WithSummary("The rows of the upload that were skipped, with their errors, in order");
        sets.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteBenchmark")
            .WithSummary("Delete a set that no evaluation and no run's recipe uses");
    }

    private const string IfevalExample =
        """
        {"key": 1000, "prompt": "Describe a lighthouse. Use no commas.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
        """;

    /// <returns>Null where there is no such set, or none is named.</returns>
    public static async Task<BenchmarkSet?> FindAsync(string? id, SparDb db, CancellationToken cancellationToken) =>
        id is null ? null : await db.BenchmarkSets.AsNoTracking().FirstOrDefaultAsync(s => s.Id == id, cancellationToken);

    private static Ok<BenchmarkKinds> Kinds([FromServices] IEnumerable<IBenchmark> benchmarks) =>
        TypedResults.Ok(new BenchmarkKinds([.. benchmarks.OrderBy(b => b.Name, StringComparer.Ordinal).Select(BenchmarkKindView.Of)]));

    private static async Task<Results<Created<BenchmarkSetView>, Ok<UploadPreview>, InvalidProblem, UnsupportedUploadProblem>> Submit(
        HttpContext http, [AsParameters] UploadQuery query, [FromServices] IEnumerable<IBenchmark> benchmarks, SparDb db, TimeProvider time,
        CancellationToken cancellationToken, string? benchmark = null, string? name = null)
    {
        if (UploadedFile.RefusalOf(http.Request) is { } refusal)
            return refusal;
        var errors = new List<FieldError>();
        var kind = EvaluationRules.Find(benchmark ?? "", benchmarks, "benchmark", errors);
        if (kind?.Own is not null)
            errors.Add(new("benchmark", $"The benchmark {kind.Name} has items of its own; there is nothing to upload."));
        if (name is not null && ResourceName.Fault(name) is { } fault)
            errors.Add(fault);
        var options = query.Read(kind is null ? [] : [kind.Name], [UnknownColumns.Refuse, UnknownColumns.Ignore], errors);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-benchmark", errors);
        await using var file = await UploadedFile.ReceiveAsync(http, cancellationToken);
        using var intake = new BenchmarkIntake(db, time, name ?? kind!.Name, kind!, options);
        if (query.Preview is true)
            return TypedResults.Ok(await intake.PreviewAsync(file, cancellationToken));
        var set = await intake.TakeAsync(file, cancellationToken);
        return TypedResults.Created($"/v1/benchmarks/{set.Id}", BenchmarkSetView.Of(set));
    }

    private static async Task<Results<Created<BenchmarkSetView>, InvalidProblem>> OfRun(
        BenchmarkOfRunRequest request, [FromServices] IEnumerable<IBenchmark> benchmarks, SparDb db, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        if (request.Name is not null && ResourceName.Fault(request.Name) is { } nameFault)
            errors.Add(nameFault);
        if (await VerifiedAnswerStore.FaultAsync(db, request.Run, request.Round, cancellationToken) is { } fault)
            errors.Add(fault);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-benchmark", errors);
        var kind = benchmarks.OfType<JudgeAgreementBenchmark>().Single();
        await using var file = new NamedFile();
        await VerifiedAnswerStore.WriteAsync(db, request.Run, request.Round, file.Content, cancellationToken);
        file.Content.Position = 0;
        using var intake = new BenchmarkIntake(db, time, request.Name ?? $"{request.Run}, verified", kind, UploadOptions.Default);
        var set = await intake.TakeAsync(new(file.Content, DeclaredJson: true, MaxBytes: long.MaxValue), cancellationToken);
        return TypedResults.Created($"/v1/benchmarks/{set.Id}", BenchmarkSetView.Of(set));
    }

    private static async Task<Ok<Page<BenchmarkSetView>>> List(
        [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.BenchmarkSets.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(BenchmarkSetView.Of), s => s.Id));
    }

    private static async Task<Results<Ok<BenchmarkSetView>, NotFoundProblem>> Get(
        string id, SparDb db, CancellationToken cancellationToken) =>
        await FindAsync(id, db, cancellationToken) is { } set
            ? TypedResults.Ok(BenchmarkSetView.Of(set))
            : NotFoundProblem.Of("benchmark set", id);

    private static async Task<Results<Ok<Page<BenchmarkItemView>>, NotFoundProblem>> Items(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, db, cancellationToken) is null)
            return NotFoundProblem.Of("benchmark set", id);
        var after = page.AfterOrdinal;
        var rows = await db.BenchmarkItems.AsNoTracking().Where(i => i.SetId == id && i.Ordinal > after)
            .OrderBy(i => i.Ordinal).Take(page.Take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(i => new BenchmarkItemView(i.Ordinal, i.Key, i.Body)), i => $"{i.Ordinal}"));
    }

    private static async Task<Results<Ok<Page<SkippedRow>>, NotFoundProblem>> Skipped(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken) =>
        await FindAsync(id, db, cancellationToken) is null
            ? NotFoundProblem.Of("benchmark set", id)
            : TypedResults.Ok(await SkippedRowPages.ReadAsync(db, id, page, cancellationToken));

    private static Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, CancellationToken cancellationToken)
    {
        return Deleted.AnswerAsync<BenchmarkSet>(
            db, "benchmark", id, RefusalAsync, () => SkippedRowPages.DeleteAsync(db, id, cancellationToken), cancellationToken);

        async Task<ConflictProblem?> RefusalAsync()
        {
            var inRecipe = JsonSerializer.Serialize(new { evaluate = new { benchmarks = new[] { new { data = id } } } });
            var inFilters = JsonSerializer.Serialize(new { pair_filters = new { contamination = id } });
            var users = await db.Database.SqlQuery<string>(
                $"""
                SELECT id AS "Value" FROM spar.runs WHERE recipe @> {inRecipe}::jsonb OR recipe @> {inFilters}::jsonb ORDER BY id LIMIT 6
                """)
                .ToListAsync(cancellationToken);
            return users is [] ? null : Deleted.InUse("benchmark", id, users);
        }
    }
}

/// <param name="Round">From 1; by default all.</param>
internal sealed record BenchmarkOfRunRequest(string Run, int? Round = null, string? Name = null);

internal sealed record BenchmarkKinds(IReadOnlyList<BenchmarkKindView> Data);

/// <param name="Name">As in requests and recipes.</param>
/// <param name="Description">What it measures, which fields an item has, and what its measures are called.</param>
/// <param name="OwnItems">How many items it has of its own; null where you upload them.</param>
/// <param name="Example">A line to upload; null where there is nothing to upload.</param>
/// <param name="HasAnswers">Whether a model answers, as the decoding says.</param>
/// <param name="AsksJudge">Whether a judge is asked with every decoding.</param>
/// <param name="AsksRefiner">Whether a refiner is asked with every decoding.</param>
internal sealed record BenchmarkKindView(
    string Name, string Description, int? OwnItems, JsonElement? Example, bool HasAnswers, bool AsksJudge, bool AsksRefiner)
{
    public static BenchmarkKindView Of(IBenchmark b) => new(
        b.Name, b.Description, b.Own?.Count, b.Example is { } line ? JsonElement.Parse(line) : null,
        b.Needs.HasFlag(BenchmarkNeeds.Answers), b.Needs.HasFlag(BenchmarkNeeds.Judge), b.Needs.HasFlag(BenchmarkNeeds.Refiner));
}

/// <param name="Sha256">Of the items in order, in any kind of file.</param>
/// <param name="Upload">How the file was understood, and which rows were skipped.</param>
internal sealed record BenchmarkSetView(
    string Id, string Name, string Benchmark, int Count, string Sha256, DateTimeOffset CreatedAt, UploadReport? Upload)
{
    public static BenchmarkSetView Of(BenchmarkSet s) => new(s.Id, s.Name, s.Benchmark, s.Count, s.Sha256, s.CreatedAt, s.Upload);
}

/// <param name="Ordinal">Position in the set, from 0.</param>
/// <param name="Body">As the benchmark reads it.</param>
internal sealed record BenchmarkItemView(int Ordinal, string Key, JsonElement Body);
