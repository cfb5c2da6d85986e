using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>Reads what a recipe says about rounds: training, evaluation, rollback.</summary>
internal static class RecipeRounds
{
    private static readonly Dictionary<string, Decoding?> Decodings =
        Enum.GetValues<Decoding>().ToDictionary(EnumName.Of, Decoding? (decoding) => decoding);

    /// <param name="actor">How the actor is trained.</param>
    public static TrainOptions? Train(FieldReader recipe, TrainOptions? based, TrainingMethod actor)
    {
        if (recipe.Raw("train") is not { } given)
            return based;
        if (given.ValueKind == JsonValueKind.Null)
            return null;
        based ??= new();
        var fields = recipe.Section("train");
        // The seed of each training derives from the run's.
        return fields.Options(based, options => options with
        {
            Actor = TrainingOptionsReader.Read(fields.Section("actor"), actor, 0, based.Actor),
            Refiner = TrainingOptionsReader.Read(fields.Section("refiner"), TrainingMethod.Sft, 0, based.Refiner),
        });
    }

    public static EvaluateOptions Evaluate(FieldReader recipe, EvaluateOptions based)
    {
        if (recipe.Raw("evaluate") is null)
            return based;
        var fields = recipe.Section("evaluate");
        var benchmarks = fields.Elements("benchmarks", "a list of names of benchmarks")
            .Select((json, i) => Benchmark(fields, $"benchmarks[{i}]", json)).OfType<RoundBenchmark>().ToImmutableArray();
        foreach (var twice in benchmarks.GroupBy(b => b.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
            fields.Fault("benchmarks", $"has the name '{twice.Key}' twice; give one of them another name.");
        fields.RefuseUnknown();
        return fields.Raw("benchmarks") is null ? based : new() { Benchmarks = benchmarks };
    }

    public static RollbackOptions? Rollback(FieldReader recipe, RollbackOptions? based, EvaluateOptions evaluate)
    {
        var given = recipe.Raw("rollback");
        if (given is { ValueKind: JsonValueKind.Null } || (given is null && based is null))
            return null;
        var fields = recipe.Section("rollback");
        return fields.Options(based ?? new(), options =>
        {
            if (evaluate.Benchmarks.All(b => b.Name != options.Benchmark))
                fields.Fault("benchmark", $"is '{options.Benchmark}', which is not evaluated; name it in evaluate.benchmarks too.");
            if (options.Measure.Length == 0)
                fields.Fault("measure", "is missing; name the measure that decides, such as actor_accuracy.");
            return options;
        });
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
        var name = fields.Text("name", benchmark, "a text")!;
        if (name.Length is 0 or > RecipeReader.LongestName && benchmark.Length > 0)
            fields.Fault("name", $"must have 1 to {RecipeReader.LongestName} characters; it has {name.Length}.");
        var read = new RoundBenchmark(
            name, benchmark, fields.Text("data", null, "the id of a benchmark set"), fields.OneOf("decoding", null, Decodings),
            fields.WholeOrNull("limit", null, NumberRange.Of<RoundBenchmark>(nameof(RoundBenchmark.Limit))));
        fields.RefuseUnknown();
        return read;
    }
}
