using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;

namespace SPaR.Service.Recipes;

/// <summary>Reads a recipe as users write it: null (the default), a name, or an object with an optional <c>base</c> and what differs from
/// it.</summary>
public static class RecipeReader
{
    internal const int LongestName = 100;

    private const string NoEffectWithLogit = "has no effect with the judging logit, which asks for one critique. Leave it out.";

    private static string Names => string.Join(", ", RecipeNames.All.Keys);

    /// <param name="field">What the input calls it; the paths of errors start with it.</param>
    /// <exception cref="InvalidInputException">Code <c>invalid-recipe</c>, with every error.</exception>
    public static Recipe Read(JsonElement? json, string field = "recipe")
    {
        var errors = new List<FieldError>();
        var recipe = Read(json, field, errors);
        return errors.Count == 0 ? recipe : throw new InvalidInputException("invalid-recipe", errors);
    }

    /// <param name="errors">Gets every error; use the recipe only if there is none.</param>
    internal static Recipe Read(JsonElement? json, string field, List<FieldError> errors)
    {
        switch (json)
        {
            case null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined }:
                return new();
            case { ValueKind: JsonValueKind.Object }:
                return Read(new FieldReader(json, Place.Field(field), errors));
            case { ValueKind: JsonValueKind.String } name when RecipeNames.All.TryGetValue(name.GetString()!, out var named):
                return named;
            case { ValueKind: JsonValueKind.String } unknown:
                errors.Add(new(field, $"has the unknown name {FieldReader.Quote(unknown)}. Known: {Names}."));
                return new();
            case { } other:
                errors.Add(new(field, $"must be a name ({Names}) or an object, not {FieldReader.Quote(other)}."));
                return new();
        }
    }

    private static Recipe Read(FieldReader fields)
    {
        var based = fields.OneOf("base", new(), RecipeNames.All);
        var differs = fields.Count > (fields.Raw("base") is null ? 0 : 1);
        var name = fields.Text("name", differs ? "custom" : based.Name, "a text")!;
        if (name.Length is 0 or > LongestName)
            fields.Fault("name", $"must have 1 to {LongestName} characters; it has {name.Length}.");
        return fields.Options(based with { Name = name }, options =>
        {
            var pair = fields.Section("pair").Options(based.Pair);
            var recipe = options with
            {
                Sample = fields.Section("sample").Options(based.Sample),
                Judge = Judge(fields.Section("judge"), based.Judge),
                Refine = Refine(fields.Section("refine"), based.Refine),
                Pair = pair,
                PairFilters = Filters(fields.Section("pair_filters"), based.PairFilters),
                Examples = fields.Section("examples").Options(based.Examples),
                Reasoning = Reasoning(fields.Section("reasoning"), based.Reasoning),
                Preflight = fields.Section("preflight").Options(based.Preflight),
                Train = RecipeRounds.Train(fields, based.Train, pair.ActorMethod),
                Evaluate = RecipeRounds.Evaluate(fields, based.Evaluate),
                Prompts = RecipePrompts.Read(fields, based.Prompts),
            };
            return recipe with { Rollback = RecipeRounds.Rollback(fields, based.Rollback, recipe.Evaluate) };
        });
    }

    private static JudgeOptions Judge(FieldReader fields, JudgeOptions based) => fields.Options(based, options =>
    {
        if (options.Judging != JudgingMode.Logit)
            return options;
        if (options.Votes != based.Votes)
            fields.Fault("votes", NoEffectWithLogit);
        if (options.EarlyStop)
            fields.Fault("early_stop", NoEffectWithLogit);
        return options;
    });

    /// <summary>Reads pair filters by themselves.</summary>
    /// <param name="json">Null: the defaults, which leave nothing out.</param>
    internal static PairFilterOptions ReadFilters(JsonElement? json, string field, List<FieldError> errors)
    {
        var fields = new FieldReader(json is { ValueKind: JsonValueKind.Null } ? null : json, Place.Field(field), errors);
        return Filters(fields, new());
    }

    private static PairFilterOptions Filters(FieldReader fields, PairFilterOptions based) => fields.Options(based, options =>
    {
        if (options.Duplicates is not DuplicateFilter.Near && options.DuplicateSimilarity != based.DuplicateSimilarity)
            fields.Fault("duplicate_similarity", "has no effect unless duplicates is near. Leave it out.");
        return options;
    });

    private static ReasoningOptions Reasoning(FieldReader fields, ReasoningOptions based) => fields.Options(based, options =>
    {
        var names = new[] { ("open", options.Open), ("close", options.Close) };
        foreach (var (name, mark) in names.Where(n => n.Item2 is not null))
        {
            if (string.IsNullOrWhiteSpace(mark))
                fields.Fault(name, "is empty; give a mark such as <think>, or leave it out for those of the model's chat template.");
            if (!options.Remove)
                fields.Fault(name, "has no effect where remove is false. Leave it out.");
        }

        if (options.Open is null != options.Close is null)
            fields.Fault(options.Open is null ? "open" : "close", "is missing; give both open and close, or neither.");
        return options;
    });

    /// <summary>Reads the options of a tree search; fields that were read before are left alone.</summary>
    internal static SearchOptions Refine(FieldReader fields, SearchOptions based)
    {
        var strategy = fields.OneOf("strategy", based.Strategy, [.. SearchStrategies.All.Keys])!;
        var isRead = (fields.Raw("strategy")?.ToString() ?? strategy) == strategy;
        return fields.Options(based with { Strategy = strategy }, options =>
        {
            // An unreadable strategy is an error already; which options it would have used is unknown.
            if (isRead)
                RefuseUnused(fields, options, based);
            return options;
        });
    }

    /// <summary>An option that the strategy ignores must not look as if it had an effect. One that repeats the base's value is fine, so
    /// that a resolved recipe can be sent back.</summary>
    private static void RefuseUnused(FieldReader fields, SearchOptions options, SearchOptions based)
    {
        (string Name, bool Differs)[] chosen =
        [
            ("depth", options.Depth != based.Depth),
            ("branch", options.Branch != based.Branch),
            ("keep", options.Keep != based.Keep),
            ("n", options.N != based.N),
            ("select", options.Select != based.Select),
        ];
        foreach (var (name, _) in chosen.Where(c => c.Differs && !SearchStrategies.All[options.Strategy].Options.Contains(c.Name)))
        {
            var readers = string.Join(", ", SearchStrategies.All.Values.Where(s => s.Options.Contains(name)).Select(s => s.Name));
            fields.Fault(name, $"has no effect with the strategy {options.Strategy}; it is read by {readers}. Leave it out.");
        }
    }
}
