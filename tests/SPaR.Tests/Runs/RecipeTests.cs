using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Recipes;

namespace SPaR.Tests.Runs;

public sealed class RecipeTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("\"default\"")]
    [InlineData("{}")]
    public void Nothing_is_the_default(string json) => RecipeJson.Write(Read(json)).ShouldBe(RecipeJson.Write(new()));

    [Fact]
    public void An_absent_recipe_is_the_default() => RecipeReader.Read(null).Name.ShouldBe("default");

    [Fact]
    public void The_reference_has_the_papers_options_and_its_order_of_requests()
    {
        var recipe = Read("\"reference\"");
        (recipe.Sample.N, recipe.Sample.Temperature, recipe.Sample.TopP, recipe.Sample.MaxTokens).ShouldBe((5, 0.9, 0.9, 2048));
        (recipe.Judge.Votes, recipe.Judge.Attempts, recipe.Judge.Temperature, recipe.Judge.TopP, recipe.Judge.MaxTokens)
            .ShouldBe((5, 3, 0.7, 1.0, 2048));
        var refine = recipe.Refine;
        (refine.Strategy, refine.Depth, refine.Branch, refine.Keep, refine.Select).ShouldBe(("bfs", 3, 3, 2, Selection.Greedy));
        (refine.StopAbove, refine.Budget, refine.Attempts, refine.Temperature, refine.MaxTokens).ShouldBe((0.5, 1000, 9, 0.7, 3072));
        refine.Expansion.ShouldBe(Expansion.Sequential);
        (recipe.Pair.Source, recipe.Pair.Accept).ShouldBe((PairSource.Refined, 0.5));
        recipe.Examples.ShouldBe(new() { Refine = 4000, Positive = 1500, Negative = 1000, FirstBad = 500, FirstGood = 2500 });
        recipe.Name.ShouldBe("reference");
    }

    [Fact]
    public void A_base_is_changed_only_where_it_is_overridden()
    {
        var recipe = Read("""{ "base": "reference", "judge": { "votes": 3 }, "refine": { "strategy": "dfs", "keep": 1 } }""");
        (recipe.Name, recipe.Judge.Votes, recipe.Judge.Temperature).ShouldBe(("custom", 3, 0.7));
        recipe.Refine.ShouldBe(new() { Strategy = "dfs", Keep = 1, Expansion = Expansion.Sequential });
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("judge")]
    [InlineData("refine")]
    public void A_penalty_and_an_order_reach_the_engine(string section)
    {
        var recipe = Read($$"""{ "{{section}}": { "repetition_penalty": 1.1, "sampling_order": "filters-first" } }""");
        var sampling = new Dictionary<string, SamplingOptions>
        {
            ["sample"] = recipe.Sample.ToSampling(),
            ["judge"] = recipe.Judge.ToSampling(),
            ["refine"] = recipe.Refine.ToSampling(),
        };
        foreach (var (name, options) in sampling)
            (options.RepetitionPenalty, options.Order).ShouldBe(
                name == section ? (1.1, SamplingOrder.FiltersFirst) : (1, SamplingOrder.TemperatureFirst), name);
    }

    [Fact]
    public void A_recipe_that_was_stored_before_there_was_a_penalty_is_read_without_one()
    {
        var before = RecipeJson.Write(new()).Replace(
            ",\"repetition_penalty\":1,\"sampling_order\":\"temperature-first\"", "", StringComparison.Ordinal);

        before.ShouldNotContain("penalty");
        before.ShouldNotContain("order");
        RecipeJson.Write(RecipeJson.Parse(before)).ShouldBe(RecipeJson.Write(new()));
    }

    [Fact]
    public void Marks_of_reasoning_that_would_have_no_effect_are_refused() =>
        Faults("""{ "reasoning": { "remove": false, "open": "<t>", "close": "</t>" } }""").Select(e => e.Field)
            .ShouldBe(["recipe.reasoning.open", "recipe.reasoning.close"]);

    [Fact]
    public void A_recipe_that_was_stored_before_reasoning_was_known_removes_it_and_does_not_think() =>
        RecipeJson.Parse(RecipeJson.Write(new()).Replace(
            "\"reasoning\":{\"thinking\":false,\"remove\":true,\"open\":null,\"close\":null},", "", StringComparison.Ordinal))
            .Reasoning.ShouldBe(new() { Thinking = false, Remove = true });

    [Fact]
    public void A_recipe_that_was_stored_before_there_were_pair_filters_has_none()
    {
        var before = JsonNode.Parse(RecipeJson.Write(new()))!.AsObject();
        before.Remove("pair_filters").ShouldBeTrue();

        RecipeJson.Parse(before.ToJsonString()).PairFilters.ShouldBe(new());
    }

    [Fact]
    public void A_name_of_its_own_is_kept() => Read("""{ "name": "mine", "base": "reference" }""").Name.ShouldBe("mine");

    [Fact]
    public void Prompts_can_be_written_in_the_recipe()
    {
        var recipe = Read("""
            { "prompts": { "name": "tiny",
                "judge": [ { "role": "user", "content": "{prompt}" }, { "role": "assistant", "content": "{response}" },
                           { "role": "user", "content": "judge" } ],
                "refine": "refine",
                "verdict": { "marker": null, "take": "last", "yes": ["Yes"], "no": ["No"] } } }
            """);
        recipe.Prompts.Name.ShouldBe("tiny");
        PromptHash.Of(recipe.Prompts).ShouldBe(PromptHash.Of(Items.Prompts));
    }

    [Theory]
    [InlineData("5", "recipe", "must be a name (default, reference) or an object, not 5.")]
    [InlineData("\"best\"", "recipe", "has the unknown name \"best\". Known: default, reference.")]
    [InlineData("{\"base\":\"best\"}", "recipe.base", "must be one of default, reference, not \"best\".")]
    [InlineData("{\"name\":\"\"}", "recipe.name", "must have 1 to 100 characters; it has 0.")]
    [InlineData("{\"jugde\":{}}", "recipe.jugde", null)]
    [InlineData("{\"pair\":{\"bar\":1}}", "recipe.pair.bar", "is unknown. Known here: source, accept.")]
    [InlineData("{\"judge\":[]}", "recipe.judge", "must be an object, not [].")]
    [InlineData("{\"judge\":{\"votes\":\"five\"}}", "recipe.judge.votes", "must be a whole number from 1 to 64, not \"five\".")]
    [InlineData("{\"judge\":{\"votes\":2.5}}", "recipe.judge.votes", "must be a whole number from 1 to 64, not 2.5.")]
    [InlineData("{\"judge\":{\"votes\":1,\"votes\":2}}", "recipe.judge.votes", "is given twice.")]
    [InlineData("{\"refine\":{\"strategy\":\"mcts\"}}", "recipe.refine.strategy",
        "must be one of bfs, dfs, best-of-n, iterative, greedy, not \"mcts\".")]
    [InlineData("{\"refine\":{\"expansion\":\"both\"}}", "recipe.refine.expansion", "must be one of parallel, sequential, not \"both\".")]
    [InlineData("{\"judge\":{\"sampling_order\":\"top-p\"}}", "recipe.judge.sampling_order",
        "must be one of temperature-first, filters-first, not \"top-p\".")]
    [InlineData(
        "{\"judge\":{\"judging\":\"verifier\"}}", "recipe.judge.judging", "must be one of votes, logit, votes+verifier, not \"verifier\".")]
    [InlineData("{\"judge\":{\"judging\":\"logit\",\"votes\":3}}", "recipe.judge.votes",
        "has no effect with the judging logit, which asks for one critique. Leave it out.")]
    [InlineData("{\"judge\":{\"judging\":\"logit\",\"early_stop\":true}}", "recipe.judge.early_stop",
        "has no effect with the judging logit, which asks for one critique. Leave it out.")]
    [InlineData("{\"refine\":{\"select\":1}}", "recipe.refine.select", "must be one of greedy, by-value, not 1.")]
    [InlineData(
        "{\"pair\":{\"source\":\"random\"}}", "recipe.pair.source", "must be one of refined, independent, sft-only, not \"random\".")]
    [InlineData("{\"refine\":{\"n\":4}}", "recipe.refine.n",
        "has no effect with the strategy bfs; it is read by best-of-n. Leave it out.")]
    [InlineData("{\"refine\":{\"strategy\":\"iterative\",\"keep\":1}}", "recipe.refine.keep",
        "has no effect with the strategy iterative; it is read by bfs, dfs. Leave it out.")]
    [InlineData("{\"pair_filters\":{\"min_similarity\":2}}", "recipe.pair_filters.min_similarity",
        "must be a number from 0 to 1, not 2.")]
    [InlineData("{\"pair_filters\":{\"duplicate_similarity\":0.9}}", "recipe.pair_filters.duplicate_similarity",
        "has no effect unless duplicates is near. Leave it out.")]
    [InlineData("{\"reasoning\":{\"open\":\"<t>\"}}", "recipe.reasoning.close", "is missing; give both open and close, or neither.")]
    [InlineData("{\"reasoning\":{\"thinking\":\"on\"}}", "recipe.reasoning.thinking", "must be true or false, not \"on\".")]
    [InlineData("{\"prompts\":\"mine\"}", "recipe.prompts", "must be the name of a prompt set (default) or an object, not \"mine\".")]
    public void What_cannot_be_taken_is_named_with_what_would_be_right(string json, string field, string? message)
    {
        var error = Faults(json).ShouldHaveSingleItem();

        error.Field.ShouldBe(field);
        if (message is not null)
            error.Message.ShouldBe(message);
    }

    [Fact]
    public void All_faults_are_reported_together() =>
        Faults("""{ "sample": { "n": 0, "seed": 1 }, "refine": { "depth": 33, "n": 7, "strategy": "mcts" }, "prompts": 4, "x": null }""")
            .Select(e => e.Field)
            .ShouldBe(
            [
                "recipe.sample.n", "recipe.sample.seed", "recipe.refine.strategy", "recipe.refine.depth", "recipe.prompts", "recipe.x",
            ]);

    [Fact]
    public void The_error_has_its_code() =>
        Should.Throw<InvalidInputException>(() => Read("5")).Code.ShouldBe("invalid-recipe");

    [Fact]
    public void A_resolved_recipe_comes_back_from_its_JSON() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<int, double, bool>((number, share, flag) =>
        {
            var recipe = Some(number, double.IsFinite(share) ? share : 0.5, flag);
            var json = RecipeJson.Write(recipe);
            RecipeJson.Write(RecipeJson.Parse(json)).ShouldBe(json);
            (RecipeJson.Parse(json) with { Prompts = recipe.Prompts }).ShouldBe(recipe);
        }));

    [Theory]
    [InlineData("\"default\"")]
    [InlineData("\"reference\"")]
    [InlineData("""{ "base": "reference", "name": "mine", "refine": { "strategy": "best-of-n", "n": 4 } }""")]
    [InlineData("""{ "judge": { "judging": "logit" } }""")]
    [InlineData("""{ "pair_filters": { "min_similarity": 0.4, "verifier": "agree", "duplicates": "near", "contamination": "bmk_1" } }""")]
    [InlineData("""{ "judge": { "judging": "votes+verifier", "votes": 3, "early_stop": true } }""")]
    [InlineData("""{ "reasoning": { "thinking": true, "open": "[THINK]", "close": "[/THINK]" } }""")]
    public void A_resolved_recipe_can_be_sent_back(string json)
    {
        var resolved = RecipeJson.Write(Read(json));
        RecipeJson.Write(Read(resolved)).ShouldBe(resolved);
    }

    [Fact]
    public void Choices_are_written_as_a_user_writes_them()
    {
        var json = RecipeJson.Write(new()
        {
            Refine = new() { Select = Selection.ByValue, StopAbove = 0.25 },
            Pair = new() { Source = PairSource.Independent },
        });
        json.ShouldContain("""
            "refine":{"strategy":"bfs","expansion":"parallel","depth":3,"branch":3,"keep":2,"n":15,"select":"by-value","stop_above":0.25,
            """);
        json.ShouldContain("""
            "pair":{"source":"independent","accept":0.5},"pair_filters":{"min_value":null,"min_similarity":null,"max_length_change":null,
            """);
        json.ShouldContain("""
            "examples":{"refine":4000,"positive":1500,"negative":1000,"first_bad":500,
            """);
    }

    private static Recipe Some(int number, double share, bool flag) => new()
    {
        Name = $"recipe {number}",
        Sample = new() { N = number, Temperature = share },
        Judge = new() { Judging = flag ? JudgingMode.Logit : JudgingMode.Votes, Votes = number, TopP = share },
        Refine = new()
        {
            Strategy = flag ? "dfs" : "greedy",
            Expansion = flag ? Expansion.Sequential : Expansion.Parallel,
            Select = flag ? Selection.ByValue : Selection.Greedy,
            StopAbove = share,
            Budget = number,
        },
        Pair = new() { Source = flag ? PairSource.Independent : PairSource.Refined, Accept = share },
        Examples = new() { Refine = number },
        Reasoning = new() { Thinking = flag, Open = flag ? "<t>" : null, Close = flag ? "</t>" : null },
        Prompts = flag ? Items.Prompts : PromptSet.Default,
    };

    private static IReadOnlyList<FieldError> Faults(string json) => Should.Throw<InvalidInputException>(() => Read(json)).Errors;

    private static Recipe Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return RecipeReader.Read(document.RootElement);
    }
}
