using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Recipes;
using SPaR.Service.Tracing;

namespace SPaR.Service.Evaluations;

/// <summary>Checks a request to measure against benchmarks and sets, and collects every error. Reads no database.</summary>
internal static class EvaluationRequestReader
{
    private const int NameLimit = 200;

    /// <param name="set">The one that the request names; null where there is none.</param>
    /// <param name="id">Of the evaluation.</param>
    /// <returns>The evaluation, queued; not to be used where there is any error.</returns>
    public static EvaluationRun Read(
        EvaluationRequest request, IEnumerable<IBenchmark> benchmarks, BenchmarkSet? set, string id, DateTimeOffset now,
        List<FieldError> errors)
    {
        if (request.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit))
            errors.Add(new("name", $"A name has 1 to {NameLimit} characters."));
        var asked = new RoundBenchmark("", request.Benchmark, request.Data, DecodingOf(request, errors), request.Limit);
        var benchmark = EvaluationRules.Check(asked, benchmarks, set, field => field, errors);
        var limits = NumberRange.Of<RoundBenchmark>(nameof(RoundBenchmark.Limit));
        if (request.Limit is { } limit && !limits.Holds(limit))
            errors.Add(new("limit", $"limit is {limit}; it must be {limits.Whole}."));
        var recipe = RecipeOf(request, errors);
        var decoding = benchmark is null ? null : EvaluationRules.Resolved(benchmark, asked.Decoding);
        var (refiner, judge) = benchmark is null ? default : RolesOf(request, benchmark, decoding, errors);
        var canCount = benchmark is not null && (benchmark.Own is not null || set is not null);
        return new()
        {
            Id = id,
            Name = request.Name,
            Benchmark = request.Benchmark,
            SetId = request.Data,
            DataHash = canCount ? EvaluationRules.DataHash(benchmark!, set) : "",
            ActorId = request.Model,
            RefinerId = refiner,
            JudgeId = judge,
            Decoding = decoding,
            Recipe = recipe,
            // By default each has its own; of 53 bits, which every JSON reader holds exactly.
            Seed = request.Seed ?? (long)(Seed.Derive(0, id) >> 11),
            Limit = request.Limit,
            Items = canCount ? EvaluationRules.Items(benchmark!, set, request.Limit) : 0,
            Status = RunStatus.Queued,
            TraceParent = WorkTrace.Current,
            CreatedAt = now,
        };
    }

    private static Decoding? DecodingOf(EvaluationRequest request, List<FieldError> errors)
    {
        if (request.Decoding is not { } asked)
            return null;
        if (EvaluationRules.Decodings.TryGetValue(asked, out var decoding))
            return decoding;
        errors.Add(new("decoding", $"Unknown decoding '{asked}'; use one of {string.Join(", ", EvaluationRules.Decodings.Keys)}."));
        return null;
    }

    /// <summary>A recipe says how models are asked; its options of rounds would have no effect here.</summary>
    private static Recipe RecipeOf(EvaluationRequest request, List<FieldError> errors)
    {
        var recipe = RecipeReader.Read(request.Recipe, "recipe", errors);
        (string Field, bool IsSet)[] ofRounds =
        [
            ("train", recipe.Train is not null), ("evaluate", !recipe.Evaluate.Benchmarks.IsEmpty),
            ("rollback", recipe.Rollback is not null), ("instructions_per_round", recipe.InstructionsPerRound is not null),
        ];
        foreach (var (field, _) in ofRounds.Where(o => o.IsSet))
            errors.Add(new($"recipe.{field}", "has no effect in an evaluation, which has no rounds; remove it."));
        if (recipe.Judge.Judging == JudgingMode.VotesAndVerifier)
            errors.Add(
                new("recipe.judge.judging", "votes+verifier has no effect in an evaluation; use votes."));
        return recipe;
    }

    private static (string? Refiner, string? Judge) RolesOf(
        EvaluationRequest request, IBenchmark benchmark, Decoding? decoding, List<FieldError> errors)
    {
        var needs = EvaluationRules.Needs(benchmark, decoding);
        var (refiner, judge) = (request.Refiner, request.Judge);
        var by = decoding is { } way && needs != benchmark.Needs
            ? $"The decoding {EnumName.Of(way)}"
            : $"The benchmark {benchmark.Name}";
        if (!needs.HasFlag(BenchmarkNeeds.Refiner))
        {
            // A judge is not named by `refiner`.
            if (refiner is not null)
                errors.Add(new("refiner", $"`refiner` is not used: {by} needs none. Remove it; to name a judge, use `judge`."));
        }
        else if (refiner is null)
            errors.Add(new("refiner", $"{by} needs a refiner; give the id of a model."));
        if (!needs.HasFlag(BenchmarkNeeds.Judge))
        {
            if (judge is not null)
                errors.Add(new("judge", $"`judge` is not used: {by} needs none. Remove it."));
            return (refiner, null);
        }

        if (needs == BenchmarkNeeds.Judge)
        {
            // The judge is measured, and no other model is asked.
            if (judge is not null)
                errors.Add(new("judge", $"The benchmark {benchmark.Name} measures the judge itself; name it as `model`."));
            return (null, request.Model);
        }

        if (judge is null && refiner is null && !needs.HasFlag(BenchmarkNeeds.Refiner))
            errors.Add(new("judge", $"{by} needs a judge; give the id of a model."));
        return (refiner, judge ?? refiner);
    }
}
