using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>Reads what a recipe says of rounds: training, evaluation, rollback.</summary>
internal static class RecipeRounds
{
    private static readonly Dictionary<string, Decoding> Decodings = Enum.GetValues<Decoding>()
        .ToDictionary(EnumName.Of, decoding => decoding);

    private static readonly Dictionary<string, StartFrom> Starts =
        new() { ["last-round"] = StartFrom.LastRound, ["first-round"] = StartFrom.FirstRound };

    public static TrainOptions? Train(FieldReader recipe, TrainOptions? based, string path, List<FieldError> errors)
    {
        if (recipe.Raw("train") is not { } given)
            return based;
        if (given.ValueKind == JsonValueKind.Null)
            return null;
        based ??= new();
        var fields = recipe.Section("train");
        var options = new TrainOptions
        {
            Actor = Training(fields, "actor", based.Actor, path, errors),
            Refiner = Training(fields, "refiner", based.Refiner, path, errors),
            StartFrom = fields.OneOf("start_from", based.StartFrom, Starts),
        };
        fields.RefuseUnknown();
        return options;
    }

    public static EvaluateOptions Evaluate(FieldReader recipe, EvaluateOptions based)
    {
        if (recipe.Raw("evaluate") is null)
            return based;
        var fields = recipe.Section("evaluate");
        var asked = fields.Elements("benchmarks", "a list of names of benchmarks")
            .Select((json, i) => Benchmark(fields, $"benchmarks[{i}]", json)).OfType<RoundBenchmark>().ToImmutableArray();
        foreach (var twice in asked.GroupBy(b => b.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
            fields.Fault("benchmarks", $"has the name '{twice.Key}' twice; give one of them another name.");
        fields.RefuseUnknown();
        return new() { Benchmarks = fields.Raw("benchmarks") is null ? based.Benchmarks : asked };
    }

    private static RoundBenchmark? Benchmark(FieldReader evaluate, string name, JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
            return RoundBenchmark.Plain(json.GetString()!);
        if (json.ValueKind == JsonValueKind.Object)
            return Benchmark(evaluate.Nested(name, json));
        evaluate.Fault(name, $"must be a text or an object, not {FieldReader.Quote(json)}.");
        return null;
    }

    private static RoundBenchmark Benchmark(FieldReader fields)
    {
        var benchmark = fields.Text("benchmark", "", "the name of a benchmark")!;
        if (fields.Raw("benchmark") is null)
            fields.Fault("benchmark", "is missing; name a benchmark, such as ifeval.");
        var read = new RoundBenchmark(
            fields.Text("name", benchmark, "a name")!, benchmark, fields.Text("data", null, "the id of a benchmark set"),
            Decoding(fields), fields.WholeOrNull("limit", null, RecipeRanges.Limit));
        if (read.Name.Length is 0 or > RecipeReader.LongestName && benchmark.Length > 0)
            fields.Fault("name", $"must have 1 to {RecipeReader.LongestName} characters; it has {read.Name.Length}.");
        fields.RefuseUnknown();
        return read;
    }

    private static Decoding? Decoding(FieldReader fields) => fields.Raw("decoding") is null or { ValueKind: JsonValueKind.Null }
        ? null
        : fields.OneOf("decoding", Method.Recipes.Decoding.Greedy, Decodings);

    public static RollbackOptions? Rollback(FieldReader recipe, RollbackOptions? based, EvaluateOptions evaluate)
    {
        if (recipe.Raw("rollback") is { ValueKind: JsonValueKind.Null })
            return null;
        var given = recipe.Raw("rollback") is not null;
        if (!given && based is null)
            return null;
        var fields = recipe.Section("rollback");
        var options = new RollbackOptions
        {
            Benchmark = fields.Text("benchmark", based?.Benchmark ?? "", "the name of a benchmark")!,
            Measure = fields.Text("measure", based?.Measure ?? "", "the name of a measure")!,
            Tolerance = fields.Number("tolerance", based?.Tolerance ?? 0, RecipeRanges.Tolerance),
        };
        fields.RefuseUnknown();
        if (evaluate.Benchmarks.All(b => b.Name != options.Benchmark))
            fields.Fault("benchmark", $"is '{options.Benchmark}', which is not evaluated; name it in evaluate.benchmarks too.");
        if (options.Measure.Length == 0)
            fields.Fault("measure", "is missing; name the measure that decides, such as actor_accuracy.");
        return options;
    }

    // The seed of each training derives from the run's.
    private static TrainingOptions Training(
        FieldReader train, string role, TrainingOptions based, string path, List<FieldError> errors) =>
        TrainingOptionsReader.Read(train.Raw(role), 0, errors, $"{path}.train.{role}", based);
}
