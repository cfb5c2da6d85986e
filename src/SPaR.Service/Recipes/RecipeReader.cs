using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;

namespace SPaR.Service.Recipes;

/// <summary>Reads the recipe that a user wrote: null (the default), a name, or an object with an optional <c>base</c> and what
/// differs from it.</summary>
public static class RecipeReader
{
    internal const int LongestName = 100;

    private static readonly Dictionary<string, Expansion> Expansions =
        new() { ["parallel"] = Expansion.Parallel, ["sequential"] = Expansion.Sequential };

    private static readonly Dictionary<string, Selection> Selections =
        new() { ["greedy"] = Selection.Greedy, ["by-value"] = Selection.ByValue };

    private static readonly Dictionary<string, JudgingMode> Modes =
        new()
        {
            ["votes"] = JudgingMode.Votes,
            ["logit"] = JudgingMode.Logit,
            ["votes+verifier"] = JudgingMode.VotesAndVerifier,
        };

    private static readonly Dictionary<string, SamplingOrder> Orders =
        new() { ["temperature-first"] = SamplingOrder.TemperatureFirst, ["filters-first"] = SamplingOrder.FiltersFirst };

    private static readonly Dictionary<string, PairSource> Sources =
        new() { ["refined"] = PairSource.Refined, ["independent"] = PairSource.Independent, ["sft-only"] = PairSource.SftOnly };

    /// <param name="field">What the input calls it; the paths of errors start with it.</param>
    /// <exception cref="InvalidInputException">Code <c>invalid-recipe</c>, with every fault of the input.</exception>
    public static Recipe Read(JsonElement? json, string field = "recipe")
    {
        var errors = new List<FieldError>();
        var recipe = Read(json, field, errors);
        return errors.Count == 0 ? recipe : throw new InvalidInputException("invalid-recipe", errors);
    }

    /// <param name="errors">Gets every fault; the recipe that is returned then is not the one that was meant.</param>
    internal static Recipe Read(JsonElement? json, string field, List<FieldError> errors) => json?.ValueKind switch
    {
        null or JsonValueKind.Null or JsonValueKind.Undefined => new(),
        JsonValueKind.String => Named(json.Value, field, errors),
        JsonValueKind.Object => Overridden(json.Value, field, errors),
        _ => Refused(json.Value, field, errors),
    };

    private static Recipe Named(JsonElement json, string field, List<FieldError> errors)
    {
        if (RecipeNames.All.TryGetValue(json.GetString()!, out var recipe))
            return recipe;
        errors.Add(new(field, $"has the unknown name {FieldReader.Quote(json)}. Known: {string.Join(", ", RecipeNames.All.Keys)}."));
        return new();
    }

    private static Recipe Refused(JsonElement json, string field, List<FieldError> errors)
    {
        errors.Add(new(
            field, $"must be a name ({string.Join(", ", RecipeNames.All.Keys)}) or an object, not {FieldReader.Quote(json)}."));
        return new();
    }

    private static Recipe Overridden(JsonElement json, string field, List<FieldError> errors)
    {
        var fields = new FieldReader(json, Place.Field(field), errors);
        var based = fields.OneOf("base", new(), RecipeNames.All);
        var differs = fields.Count > (fields.Raw("base") is null ? 0 : 1);
        var name = fields.Text("name", differs ? "custom" : based.Name, "text")!;
        if (name.Length is 0 or > LongestName)
            fields.Fault("name", $"must have 1 to {LongestName} characters; it has {name.Length}.");
        var recipe = new Recipe
        {
            Name = name,
            Sample = Sample(fields.Section("sample"), based.Sample),
            Judge = Judge(fields.Section("judge"), based.Judge),
            Refine = Refine(fields.Section("refine"), based.Refine),
            Pair = Pair(fields.Section("pair"), based.Pair),
            Examples = Examples(fields.Section("examples"), based.Examples),
            InstructionsPerRound = fields.WholeOrNull("instructions_per_round", based.InstructionsPerRound, RecipeRanges.PerRound),
            Train = RecipeRounds.Train(fields, based.Train, field, errors),
            Evaluate = RecipeRounds.Evaluate(fields, based.Evaluate),
            Prompts = RecipePrompts.Read(fields.Raw("prompts"), $"{field}.prompts", based.Prompts, errors),
            Deterministic = fields.Flag("deterministic", based.Deterministic),
        };
        recipe = recipe with { Rollback = RecipeRounds.Rollback(fields, based.Rollback, recipe.Evaluate) };
        fields.RefuseUnknown();
        return recipe;
    }

    private static SampleOptions Sample(FieldReader fields, SampleOptions based)
    {
        var options = new SampleOptions
        {
            N = fields.Whole("n", based.N, RecipeRanges.SampleN),
            Temperature = fields.Number("temperature", based.Temperature, RecipeRanges.Temperature),
            TopP = fields.Number("top_p", based.TopP, RecipeRanges.TopP),
            TopK = fields.Whole("top_k", based.TopK, RecipeRanges.TopK),
            MinP = fields.Number("min_p", based.MinP, RecipeRanges.MinP),
            RepetitionPenalty = fields.Number("repetition_penalty", based.RepetitionPenalty, RecipeRanges.RepetitionPenalty),
            SamplingOrder = fields.OneOf("sampling_order", based.SamplingOrder, Orders),
            MaxTokens = fields.Whole("max_tokens", based.MaxTokens, RecipeRanges.MaxTokens),
        };
        fields.RefuseUnknown();
        return options;
    }

    private static JudgeOptions Judge(FieldReader fields, JudgeOptions based)
    {
        var options = new JudgeOptions
        {
            Judging = fields.OneOf("judging", based.Judging, Modes),
            Votes = fields.Whole("votes", based.Votes, RecipeRanges.Votes),
            EarlyStop = fields.Flag("early_stop", based.EarlyStop),
            Attempts = fields.Whole("attempts", based.Attempts, RecipeRanges.JudgeAttempts),
            Temperature = fields.Number("temperature", based.Temperature, RecipeRanges.Temperature),
            TopP = fields.Number("top_p", based.TopP, RecipeRanges.TopP),
            TopK = fields.Whole("top_k", based.TopK, RecipeRanges.TopK),
            MinP = fields.Number("min_p", based.MinP, RecipeRanges.MinP),
            RepetitionPenalty = fields.Number("repetition_penalty", based.RepetitionPenalty, RecipeRanges.RepetitionPenalty),
            SamplingOrder = fields.OneOf("sampling_order", based.SamplingOrder, Orders),
            MaxTokens = fields.Whole("max_tokens", based.MaxTokens, RecipeRanges.MaxTokens),
        };
        fields.RefuseUnknown();
        if (options.Judging == JudgingMode.Logit)
        {
            if (options.Votes != based.Votes)
                fields.Fault("votes", "has no effect with the judging logit, which asks for one critique. Leave it out.");
            if (options.EarlyStop)
                fields.Fault("early_stop", "has no effect with the judging logit, which asks for one critique. Leave it out.");
        }

        return options;
    }

    private static SearchOptions Refine(FieldReader fields, SearchOptions based)
    {
        var strategies = SearchStrategies.All.Keys.ToDictionary(s => s);
        var options = new SearchOptions
        {
            Strategy = fields.OneOf("strategy", based.Strategy, strategies),
            Expansion = fields.OneOf("expansion", based.Expansion, Expansions),
            Depth = fields.Whole("depth", based.Depth, RecipeRanges.Depth),
            Branch = fields.Whole("branch", based.Branch, RecipeRanges.Branch),
            Keep = fields.Whole("keep", based.Keep, RecipeRanges.Keep),
            N = fields.Whole("n", based.N, RecipeRanges.BestOfN),
            Select = fields.OneOf("select", based.Select, Selections),
            StopAbove = fields.Number("stop_above", based.StopAbove, RecipeRanges.StopAbove),
            Budget = fields.Whole("budget", based.Budget, RecipeRanges.Budget),
            Attempts = fields.Whole("attempts", based.Attempts, RecipeRanges.RefineAttempts),
            Temperature = fields.Number("temperature", based.Temperature, RecipeRanges.Temperature),
            TopP = fields.Number("top_p", based.TopP, RecipeRanges.TopP),
            TopK = fields.Whole("top_k", based.TopK, RecipeRanges.TopK),
            MinP = fields.Number("min_p", based.MinP, RecipeRanges.MinP),
            RepetitionPenalty = fields.Number("repetition_penalty", based.RepetitionPenalty, RecipeRanges.RepetitionPenalty),
            SamplingOrder = fields.OneOf("sampling_order", based.SamplingOrder, Orders),
            MaxTokens = fields.Whole("max_tokens", based.MaxTokens, RecipeRanges.MaxTokens),
        };
        fields.RefuseUnknown();
        RefuseUnread(fields, options, based);
        return options;
    }

    /// <summary>An option that the strategy does not read must not look as if it did. One that repeats the base's value says nothing
    /// and passes, so that a resolved recipe can be sent back.</summary>
    private static void RefuseUnread(FieldReader fields, SearchOptions options, SearchOptions based)
    {
        // A strategy that could not be read is a fault of its own; nobody knows what it would have read.
        if (fields.Raw("strategy") is { } written && written.ToString() != options.Strategy)
            return;
        (string Name, bool Set)[] chosen =
        [
            ("depth", options.Depth != based.Depth),
            ("branch", options.Branch != based.Branch),
            ("keep", options.Keep != based.Keep),
            ("n", options.N != based.N),
            ("select", options.Select != based.Select),
        ];
        foreach (var (name, _) in chosen.Where(c => c.Set && !SearchStrategies.All[options.Strategy].Options.Contains(c.Name)))
        {
            var readers = string.Join(", ", SearchStrategies.All.Values.Where(s => s.Options.Contains(name)).Select(s => s.Name));
            fields.Fault(name, $"has no effect with the strategy {options.Strategy}; it is read by {readers}. Leave it out.");
        }
    }

    private static PairOptions Pair(FieldReader fields, PairOptions based)
    {
        var options = new PairOptions
        {
            Source = fields.OneOf("source", based.Source, Sources),
            Accept = fields.Number("accept", based.Accept, RecipeRanges.Accept),
        };
        fields.RefuseUnknown();
        return options;
    }

    private static RefinerExampleOptions Examples(FieldReader fields, RefinerExampleOptions based)
    {
        var options = new RefinerExampleOptions
        {
            Refine = fields.Whole("refine", based.Refine, RecipeRanges.Examples),
            Positive = fields.Whole("positive", based.Positive, RecipeRanges.Examples),
            Negative = fields.Whole("negative", based.Negative, RecipeRanges.Examples),
            FirstBad = fields.Whole("first_bad", based.FirstBad, RecipeRanges.Examples),
            FirstGood = fields.Whole("first_good", based.FirstGood, RecipeRanges.Examples),
        };
        fields.RefuseUnknown();
        return options;
    }
}
