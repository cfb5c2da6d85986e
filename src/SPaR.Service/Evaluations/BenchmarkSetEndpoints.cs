using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Evaluations;

/// <summary>Uploads benchmark items, as NDJSON or as a JSON list, and lists them.</summary>
internal static class BenchmarkSetEndpoints
{
    private const string Ndjson = "application/x-ndjson";
    private const int NameLimit = 200;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static void MapBenchmarkSets(this IEndpointRouteBuilder api)
    {
        var sets = api.MapGroup("/benchmarks").WithTags("Evaluation");
        sets.MapGet("/kinds", Kinds).RequireScope(Scope.Read).WithName("ListBenchmarkKinds")
            .WithSummary("The benchmarks: what each measures, the fields of an item, and an example line");
        sets.MapPost("", Submit).RequireScope(Scope.Submit).WithName("SubmitBenchmark")
            .WithSummary("Upload benchmark items, as NDJSON or as a JSON list")
            .WithDescription(
                "benchmark: one of /v1/benchmarks/kinds, which shows what an item of each looks like. Either all items are stored or none; "
                + "errors name line (or element) and field, and for a duplicate key both lines. A set never changes; sha256 is "
                + "that of its items, in either format. As application/x-ndjson a body may be as long as the key's max_body_bytes.")
            .Accepts<JsonElement>("application/json", Ndjson)
            .WithMetadata(
                new BodyExample(IfevalExample, Ndjson), new BodyExample($"[{IfevalExample}]"));
        sets.MapPost("/of-run", OfRun).RequireScope(Scope.Submit).WithName("MakeBenchmarkOfRun")
            .WithSummary("Make a judge-agreement benchmark of the answers of a run that a program has verified")
            .WithDescription(
                "Of a run whose instructions have constraints: every answer and refinement that its judge was asked about, labelled by "
                + "whether it follows them all. round: by default all rounds. A judge can then be measured on them, in any way of judging.")
            .WithMetadata(new BodyExample("""{ "run": "run_019aa0c4b1a97d0e8f3c5a6b7c8d9e11", "round": 1 }"""));
        sets.MapGet("", List).RequireScope(Scope.Read).WithName("ListBenchmarks").WithSummary("List uploaded items by set, newest first");
        sets.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetBenchmark").WithSummary("One set of items");
        sets.MapGet("/{id}/items", Items).RequireScope(Scope.Read).WithName("ListBenchmarkItems")
            .WithSummary("The items of a set, in order");
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

    private static async Task<Results<Created<BenchmarkSetView>, InvalidProblem>> Submit(
        HttpRequest request, [FromServices] IEnumerable<IBenchmark> benchmarks, SparDb db, TimeProvider time,
        CancellationToken cancellationToken, string? benchmark = null, string? name = null)
    {
        var errors = new List<FieldError>();
        var kind = EvaluationRules.Find(benchmark ?? "", benchmarks, "benchmark", errors);
        if (kind?.Own is not null)
            errors.Add(new("benchmark", $"The benchmark {kind.Name} has items of its own; there is nothing to upload."));
        CheckName(name, errors);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-benchmark", errors);
        using var intake = new BenchmarkIntake(db, time, name ?? kind!.Name, kind!);
        BenchmarkSet set;
        if (request.ContentType?.StartsWith(Ndjson, StringComparison.OrdinalIgnoreCase) is true)
        {
            // Lines are bounded one by one and stored as they come; the whole may be as long as the key says.
            BodyLimits.RaiseForUpload(request.HttpContext);
            set = await intake.TakeAsync(NdjsonReader.ReadAsync(request.BodyReader, cancellationToken), cancellationToken);
        }
        else
        {
            using var list = await JsonDocument.ParseAsync(request.Body, Strict, cancellationToken);
            if (list.RootElement.ValueKind != JsonValueKind.Array)
                return InvalidProblem.Of(
                    "invalid-benchmark", new FieldError("body", $"It is a JSON list of items; as {Ndjson} send one item to a line."));
            set = await intake.TakeAsync(list.RootElement, cancellationToken);
        }

        return TypedResults.Created($"/v1/benchmarks/{set.Id}", BenchmarkSetView.Of(set));
    }

    private static async Task<Results<Created<BenchmarkSetView>, InvalidProblem>> OfRun(
        BenchmarkOfRunRequest request, [FromServices] IEnumerable<IBenchmark> benchmarks, SparDb db, IDbContextFactory<SparDb> databases,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        CheckName(request.Name, errors);
        if (await VerifiedAnswerStore.FaultAsync(db, request.Run, request.Round, cancellationToken) is { } fault)
            errors.Add(fault);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-benchmark", errors);
        var kind = benchmarks.OfType<JudgeAgreementBenchmark>().Single();
        using var intake = new BenchmarkIntake(db, time, request.Name ?? $"{request.Run}, verified", kind);
        // Read on a connection of its own, while the other one writes.
        await using var reading = await databases.CreateDbContextAsync(cancellationToken);
        var set = await intake.TakeAsync(
            VerifiedAnswerStore.ReadAsync(reading, request.Run, request.Round, cancellationToken), cancellationToken);
        return TypedResults.Created($"/v1/benchmarks/{set.Id}", BenchmarkSetView.Of(set));
    }

    private static void CheckName(string? name, List<FieldError> errors)
    {
        if (name is not null && (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit))
            errors.Add(new("name", $"A name has 1 to {NameLimit} characters."));
    }

    private static async Task<Ok<Page<BenchmarkSetView>>> List(
        [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.BenchmarkSets.AsNoTracking().Where(s => page.After == null || string.Compare(s.Id, page.After) < 0)
            .OrderByDescending(s => s.Id).Take(page.Take).ToListAsync(cancellationToken);
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

    private static Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, CancellationToken cancellationToken)
    {
        return Deleted.AnswerAsync<BenchmarkSet>(db, "benchmark", id, RefusalAsync, null, cancellationToken);

        async Task<ConflictProblem?> RefusalAsync()
        {
            var inRecipe = JsonSerializer.Serialize(new { evaluate = new { benchmarks = new[] { new { data = id } } } });
            var users = await db.Database.SqlQuery<string>(
                $"""SELECT id AS "Value" FROM spar.runs WHERE recipe @> {inRecipe}::jsonb ORDER BY id LIMIT 6""")
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

/// <param name="Sha256">Of the items in order, in either format.</param>
internal sealed record BenchmarkSetView(string Id, string Name, string Benchmark, int Count, string Sha256, DateTimeOffset CreatedAt)
{
    public static BenchmarkSetView Of(BenchmarkSet s) => new(s.Id, s.Name, s.Benchmark, s.Count, s.Sha256, s.CreatedAt);
}

/// <param name="Ordinal">Position in the set, from 0.</param>
/// <param name="Body">As the benchmark reads it.</param>
internal sealed record BenchmarkItemView(int Ordinal, string Key, JsonElement Body);
