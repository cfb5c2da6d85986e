using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Evaluations;

/// <summary>Compares two evaluations of the same items.</summary>
internal static class ComparisonEndpoints
{
    private const long DefaultSeed = 1;

    public static void MapComparisons(this IEndpointRouteBuilder api)
    {
        var compare = api.MapGroup("/evaluations/{a}/compare/{b}").WithTags("Evaluation");
        compare.MapGet("", Compare).RequireScope(Scope.Read).WithName("CompareEvaluations")
            .WithSummary("How two evaluations differ, by measure")
            .WithDescription(
                "Both must have succeeded, with the same benchmark on the same items; they differ in model, decoding, recipe or seed. "
                + "Over the items for which both have a result: both means, their difference (b minus a) with the 95 % interval of a "
                + "paired bootstrap, the p-value of exchanging the two at random, and how many items were won, lost and tied; all of it "
                + "by group too. seed: of the random draws; the same seed gives the same result.");
        compare.MapGet("/items", Items).RequireScope(Scope.Read).WithName("ListComparedItems")
            .WithSummary("The items of a comparison, both results side by side")
            .WithDescription(
                "measure: the one that decides, by default the first. outcome: only win (b is better), loss or tie.");
    }

    private static async Task<Results<Ok<ComparisonView>, NotFoundProblem, InvalidProblem>> Compare(
        string a, string b, SparDb db, CancellationToken cancellationToken, long seed = DefaultSeed)
    {
        if (await FindAsync(a, db, cancellationToken) is not { } one)
            return NotFoundProblem.Of("evaluation", a);
        if (await FindAsync(b, db, cancellationToken) is not { } two)
            return NotFoundProblem.Of("evaluation", b);
        if (Faults(one, two) is { Count: > 0 } faults)
            return InvalidProblem.Of("not-comparable", faults);
        var comparison = Comparison.Of(await ResultsAsync(a, db, cancellationToken), await ResultsAsync(b, db, cancellationToken), seed);
        return TypedResults.Ok(ComparisonView.Of(one, two, seed, comparison));
    }

    private static async Task<Results<Ok<Page<ComparedItemView>>, NotFoundProblem, InvalidProblem>> Items(
        string a, string b, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken, string? outcome = null,
        string? measure = null)
    {
        if (await FindAsync(a, db, cancellationToken) is not { } one)
            return NotFoundProblem.Of("evaluation", a);
        if (await FindAsync(b, db, cancellationToken) is not { } two)
            return NotFoundProblem.Of("evaluation", b);
        var faults = Faults(one, two);
        var wanted = default(ComparedOutcome);
        if (outcome is not null && !EnumName.TryParse(outcome, out wanted))
            faults.Add(new("outcome", $"Unknown outcome '{outcome}'; use win, loss or tie."));
        var (before, after) = (await ResultsAsync(a, db, cancellationToken), await ResultsAsync(b, db, cancellationToken));
        var measures = before.Values.SelectMany(r => r.Tallies).Select(t => t.Measure).Distinct().ToList();
        if (measure is not null && !measures.Contains(measure))
            faults.Add(new("measure", $"Unknown measure '{measure}'; use one of {string.Join(", ", measures)}."));
        if (faults.Count > 0)
            return InvalidProblem.Of("not-comparable", faults);
        var outcomes = measures.Count == 0
            ? new Dictionary<string, ComparedOutcome>()
            : ComparedItems.Of(before, after, measure ?? measures[0]);
        var first = page.AfterOrdinal;
        // In the order of the items.
        var ordinals = await db.EvaluationResults.Where(r => r.EvaluationId == a && r.Ordinal > first).OrderBy(r => r.Ordinal)
            .Select(r => new { r.Ordinal, r.Key }).ToListAsync(cancellationToken);
        var rows = ordinals.Where(o => outcomes.TryGetValue(o.Key, out var its) && (outcome is null || its == wanted)).Take(page.Take)
            .Select(o => new ComparedItemView(
                o.Ordinal, o.Key, outcomes[o.Key], ComparedResult.Of(before[o.Key]), ComparedResult.Of(after[o.Key])));
        return TypedResults.Ok(page.Of(rows.ToList(), r => $"{r.Ordinal}"));
    }

    private static List<FieldError> Faults(EvaluationRun a, EvaluationRun b)
    {
        var faults = new List<FieldError>();
        if (a.Benchmark != b.Benchmark)
            faults.Add(new("benchmark", $"{a.Id} is measured with {a.Benchmark} and {b.Id} with {b.Benchmark}; compare evaluations "
                + "with the same benchmark."));
        else if (a.DataHash != b.DataHash)
            faults.Add(new(
                "data", $"The items of {a.Id} ({SetOf(a)}) and {b.Id} ({SetOf(b)}) differ; measure both with the same set."));
        foreach (var (field, evaluation) in new[] { ("a", a), ("b", b) })
            if (evaluation.Status is not RunStatus.Succeeded)
                faults.Add(new(field, $"The evaluation {evaluation.Id} is {EnumName.Of(evaluation.Status)}; wait until it has succeeded."));
        return faults;
    }

    private static string SetOf(EvaluationRun evaluation) => evaluation.SetId ?? "its benchmark's own";

    private static Task<EvaluationRun?> FindAsync(string id, SparDb db, CancellationToken cancellationToken) =>
        db.Evaluations.AsNoTracking().FirstOrDefaultAsync(e => e.Id == id, cancellationToken);

    private static async Task<Dictionary<string, ItemResult>> ResultsAsync(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.EvaluationResults.AsNoTracking().Where(r => r.EvaluationId == id && r.State == ResultState.Done).OrderBy(r => r.Ordinal)
            .ToDictionaryAsync(r => r.Key, r => r.Result!, cancellationToken);
}

/// <param name="Seed">Of the draws, as a string.</param>
/// <param name="Paired">Items for which both have a result; all figures are over these.</param>
/// <param name="OnlyA">Items for which b has none.</param>
/// <param name="OnlyB">Items for which a has none.</param>
/// <param name="Measures">By name.</param>
/// <param name="Groups">By part of the benchmark and name.</param>
internal sealed record ComparisonView(
    ComparedEvaluation A, ComparedEvaluation B, string Benchmark, string DataSha256, string Seed, int Paired, int OnlyA, int OnlyB,
    IReadOnlyDictionary<string, Contrast> Measures, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Contrast>> Groups)
{
    public static ComparisonView Of(EvaluationRun a, EvaluationRun b, long seed, Comparison c) => new(
        ComparedEvaluation.Of(a), ComparedEvaluation.Of(b), a.Benchmark, a.DataHash,
        seed.ToString(System.Globalization.CultureInfo.InvariantCulture), c.Paired, c.OnlyA, c.OnlyB, c.Measures, c.Groups);
}

/// <summary>What distinguishes the two.</summary>
internal sealed record ComparedEvaluation(string Id, string? Name, string Model, string? Refiner, string? Judge, Decoding? Decoding)
{
    public static ComparedEvaluation Of(EvaluationRun e) => new(e.Id, e.Name, e.ActorId, e.RefinerId, e.JudgeId, e.Decoding);
}

/// <param name="Ordinal">Of a's item.</param>
internal sealed record ComparedItemView(int Ordinal, string Key, ComparedOutcome Outcome, ComparedResult A, ComparedResult B);

/// <param name="Text">The answer; null where none was asked for.</param>
internal sealed record ComparedResult(string? Text, System.Text.Json.JsonElement? Detail, IReadOnlyList<Tally> Tallies)
{
    public static ComparedResult Of(ItemResult r) => new(r.Text, r.Detail, r.Tallies);
}
