using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Evaluations;

/// <summary>Checks a request to measure against benchmarks and sets. Reads no database.</summary>
internal static class EvaluationRules
{
    public static IReadOnlyDictionary<string, Decoding> Decodings { get; } =
        Enum.GetValues<Decoding>().ToDictionary(EnumName.Of, decoding => decoding);

    /// <summary>Which models are asked, by benchmark and decoding together.</summary>
    public static BenchmarkNeeds Needs(IBenchmark benchmark, Decoding? decoding) => benchmark.Needs | (decoding switch
    {
        Decoding.BestOfN => BenchmarkNeeds.Judge,
        Decoding.Bfs or Decoding.Dfs => BenchmarkNeeds.Judge | BenchmarkNeeds.Refiner,
        _ => 0,
    });

    /// <summary>How a benchmark is answered: as asked for, by default greedily, null where it has no answers to decode.</summary>
    public static Decoding? Resolved(IBenchmark benchmark, Decoding? asked) =>
        benchmark.Needs.HasFlag(BenchmarkNeeds.Answers) ? asked ?? Decoding.Greedy : null;

    /// <param name="field">The path of a part: of <c>benchmark</c>, <c>data</c>, <c>decoding</c>.</param>
    /// <param name="set">What <see cref="RoundBenchmark.Data"/> names; null where there is no such set.</param>
    /// <returns>The benchmark; null where there is none of that name.</returns>
    public static IBenchmark? Check(
        RoundBenchmark asked, IEnumerable<IBenchmark> benchmarks, BenchmarkSet? set, Func<string, string> field, List<FieldError> errors)
    {
        if (Find(asked.Benchmark, benchmarks, field("benchmark"), errors) is not { } benchmark)
            return null;
        if (DataFault(asked, benchmark, set) is { } fault)
            errors.Add(new(field("data"), fault));
        if (asked.Decoding is not null && !benchmark.Needs.HasFlag(BenchmarkNeeds.Answers))
            errors.Add(new(
                field("decoding"), $"The benchmark {benchmark.Name} has no answers to decode; remove it."));
        return benchmark;
    }

    public static IBenchmark? Find(string name, IEnumerable<IBenchmark> benchmarks, string field, List<FieldError> errors)
    {
        var all = benchmarks.ToList();
        if (all.Find(b => b.Name == name) is { } benchmark)
            return benchmark;
        errors.Add(new(field, $"Unknown benchmark '{name}'; use one of {Names(all)}."));
        return null;
    }

    /// <summary>How many items are measured.</summary>
    public static int Items(IBenchmark benchmark, BenchmarkSet? set, int? limit) =>
        Math.Min(limit ?? int.MaxValue, set?.Count ?? benchmark.Own!.Count);

    /// <summary>Of the items there are, measured or not.</summary>
    public static string DataHash(IBenchmark benchmark, BenchmarkSet? set) => set?.Sha256 ?? BenchmarkHash.Of(benchmark.Own!);

    private static string Names(List<IBenchmark> all) =>
        all.Count == 0 ? "none" : string.Join(", ", all.Select(b => b.Name).Order(StringComparer.Ordinal));

    private static string? DataFault(RoundBenchmark asked, IBenchmark benchmark, BenchmarkSet? set) => (asked.Data, set) switch
    {
        (null, _) when benchmark.Own is null =>
            $"The benchmark {benchmark.Name} has no items of its own: POST them to /v1/benchmarks?benchmark={benchmark.Name} and "
            + "give the id of the set here.",
        (null, _) => null,
        _ when benchmark.Own is not null => $"The benchmark {benchmark.Name} has items of its own; leave data out.",
        (_, null) => $"There is no benchmark set '{asked.Data}'; /v1/benchmarks lists them.",
        _ when set.Benchmark != benchmark.Name => $"The set '{set.Id}' has items of {set.Benchmark}, not of {benchmark.Name}.",
        _ => null,
    };

    /// <summary>The benchmark of an evaluation.</summary>
    /// <exception cref="EvaluationException">There is none of that name.</exception>
    public static IBenchmark BenchmarkOf(IEnumerable<IBenchmark> benchmarks, string name) =>
        benchmarks.FirstOrDefault(b => b.Name == name)
        ?? throw new EvaluationException(
            "unknown-benchmark", $"This worker has no benchmark '{name}'; run a worker of the version that accepted the request.");
}
