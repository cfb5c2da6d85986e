using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Models;
using SPaR.Service.Recipes;
using SPaR.Service.Rounds;

namespace SPaR.Tests.Runs;

/// <summary>What a recipe says of rounds.</summary>
public sealed class RoundRecipeTests
{
    [Fact]
    public void An_empty_train_takes_the_papers_options()
    {
        var train = Read("""{ "train": {} }""").Train!;

        (train.Actor.LearningRate, train.Actor.MaxLength, train.Actor.Beta).ShouldBe((2e-7, 2048, 0.1));
        (train.Refiner.LearningRate, train.Refiner.MaxLength).ShouldBe((1e-6, 4096));
        train.StartFrom.ShouldBe(StartFrom.LastRound);
    }

    [Fact]
    public void What_is_given_replaces_the_default_of_its_role_alone()
    {
        var recipe = Read("""
            { "train": { "refiner": { "batch_size": 8 }, "start_from": "first-round" }, "pair": { "source": "sft-only" },
              "instructions_per_round": 200, "evaluate": { "benchmarks": ["micro-world"] },
              "rollback": { "benchmark": "micro-world", "measure": "actor_accuracy", "tolerance": 0.02 } }
            """);

        (recipe.Train!.Refiner.BatchSize, recipe.Train.Refiner.MaxLength, recipe.Train.Actor.BatchSize).ShouldBe((8, 4096, 32));
        (recipe.Train.StartFrom, recipe.Pair.Source, recipe.InstructionsPerRound).ShouldBe((StartFrom.FirstRound, PairSource.SftOnly, 200));
        recipe.Rollback.ShouldBe(new() { Benchmark = "micro-world", Measure = "actor_accuracy", Tolerance = 0.02 });
    }

    [Theory]
    [InlineData("""{ "train": {} }""")]
    [InlineData("""{ "train": { "actor": { "lora": { "r": 4, "merge": true } }, "start_from": "first-round" } }""")]
    [InlineData("""
        { "evaluate": { "benchmarks": ["b", { "name": "c", "benchmark": "b", "data": "bmk_1", "decoding": "dfs", "limit": 3 }] },
          "rollback": { "benchmark": "b", "measure": "m" }, "instructions_per_round": 3 }
        """)]
    public void A_resolved_recipe_of_rounds_can_be_sent_back_and_is_stored(string json)
    {
        var resolved = RecipeJson.Write(Read(json));

        RecipeJson.Write(Read(resolved)).ShouldBe(resolved);
        RecipeJson.Write(RecipeJson.Parse(resolved)).ShouldBe(resolved);
        resolved.ShouldNotContain("seed");
    }

    [Fact]
    public void A_recipe_that_was_stored_before_there_were_rounds_is_read()
    {
        var before = RecipeJson.Write(new()).Replace(
            ",\"instructions_per_round\":null,\"train\":null,\"evaluate\":{\"benchmarks\":[]},\"rollback\":null", "",
            StringComparison.Ordinal);

        before.ShouldNotContain("train");
        RecipeJson.Write(RecipeJson.Parse(before)).ShouldBe(RecipeJson.Write(new()));
    }

    [Theory]
    [InlineData("""{ "train": 1 }""", "recipe.train", "must be an object, not 1.")]
    [InlineData("""{ "train": { "actor": { "learning_rate": 2 } } }""", "recipe.train.actor.learning_rate",
        "must be a number above 0, at most 1, not 2.")]
    [InlineData("""{ "train": { "refiner": { "seed": 1 } } }""", "recipe.train.refiner.seed", null)]
    [InlineData("""{ "train": { "judge": {} } }""", "recipe.train.judge", null)]
    [InlineData(
        """{ "train": { "start_from": "base" } }""",
        "recipe.train.start_from",
        "must be one of last-round, first-round, not \"base\".")]
    [InlineData(
        """{ "instructions_per_round": 0 }""",
        "recipe.instructions_per_round",
        "must be a whole number from 1 to 10000000, not 0.")]
    [InlineData("""{ "evaluate": { "benchmarks": "micro-world" } }""", "recipe.evaluate.benchmarks",
        "must be a list of names of benchmarks, not \"micro-world\".")]
    [InlineData("""{ "evaluate": { "benchmarks": ["b", "b"] } }""", "recipe.evaluate.benchmarks",
        "has the name 'b' twice; give one of them another name.")]
    [InlineData("""{ "rollback": { "benchmark": "b", "measure": "m" } }""", "recipe.rollback.benchmark",
        "is 'b', which is not evaluated; name it in evaluate.benchmarks too.")]
    [InlineData("""{ "evaluate": { "benchmarks": ["b"] }, "rollback": { "benchmark": "b" } }""", "recipe.rollback.measure",
        "is missing; name the measure that decides, such as actor_accuracy.")]
    [InlineData("""{ "evaluate": { "benchmarks": ["b"] }, "rollback": { "benchmark": "b", "measure": "m", "tolerance": 2 } }""",
        "recipe.rollback.tolerance", "must be a number from 0 to 1, not 2.")]
    public void What_cannot_be_taken_is_named_with_what_would_be_right(string json, string field, string? message)
    {
        var error = Should.Throw<InvalidInputException>(() => Read(json)).Errors.ShouldHaveSingleItem();

        error.Field.ShouldBe(field);
        if (message is not null)
            error.Message.ShouldBe(message);
    }

    [Fact]
    public void A_benchmark_is_named_or_described_and_both_are_stored_as_they_were_written()
    {
        var recipe = Read("""
            { "evaluate": { "benchmarks": ["micro-world", { "benchmark": "ifeval", "data": "bmk_1", "decoding": "best-of-n", "limit": 100,
              "name": "ifeval-best" }, { "benchmark": "ifeval", "data": "bmk_1" }] },
              "rollback": { "benchmark": "ifeval-best", "measure": "inst_level_strict_acc" } }
            """);

        recipe.Evaluate.Benchmarks.ShouldBe(
        [
            RoundBenchmark.Plain("micro-world"), new("ifeval-best", "ifeval", "bmk_1", Decoding.BestOfN, 100),
            new("ifeval", "ifeval", "bmk_1"),
        ]);
        RecipeJson.Write(recipe).ShouldContain("""["micro-world",{"name":"ifeval-best","benchmark":"ifeval","data":"bmk_1",""");
    }

    [Theory]
    [InlineData("5", "", "must be a text or an object, not 5.")]
    [InlineData("""{ "data": "bmk_1" }""", ".benchmark", "is missing; name a benchmark, such as ifeval.")]
    [InlineData("""{ "benchmark": "b", "decoding": "beam" }""", ".decoding",
        "must be one of greedy, sample, best-of-n, bfs, dfs, not \"beam\".")]
    [InlineData("""{ "benchmark": "b", "limit": 0 }""", ".limit", "must be a whole number from 1 to 10000000, not 0.")]
    [InlineData("""{ "benchmark": "b", "name": "" }""", ".name", "must have 1 to 100 characters; it has 0.")]
    [InlineData("""{ "benchmark": "b", "seed": 1 }""", ".seed", "is unknown. Known here: benchmark, name, data, decoding, limit.")]
    public void A_fault_of_a_benchmark_names_its_place(string benchmark, string field, string message)
    {
        var error = Should.Throw<InvalidInputException>(() => Read($$"""{ "evaluate": { "benchmarks": ["a", {{benchmark}}] } }"""))
            .Errors.ShouldHaveSingleItem();

        error.ShouldBe(new($"recipe.evaluate.benchmarks[1]{field}", message));
    }

    [Theory]
    [InlineData(0, "{}", "rounds", "rounds is 0; it must be a whole number from 1 to 20.")]
    [InlineData(21, """{ "train": {} }""", "rounds", "rounds is 21; it must be a whole number from 1 to 20.")]
    [InlineData(2, "{}", "recipe.train",
        "must be given, as rounds is 2: without training every round would play with the same models. An empty object takes the defaults.")]
    [InlineData(3, """{ "train": {}, "instructions_per_round": 7 }""", "recipe.instructions_per_round",
        "is 7; 3 rounds of it take 21 instructions, and the set has 20.")]
    [InlineData(2, """{ "train": { "refiner": { "lora": {} } } }""", "recipe.train.refiner.lora.merge",
        "must be true, as rounds is 2 and train.start_from is last-round: the second round would train an adapter, and training starts "
        + "from a model of its own. Merge, or set start_from to first-round.")]
    [InlineData(1, """
        { "evaluate": { "benchmarks": ["micro-world"] }, "rollback": { "benchmark": "micro-world", "measure": "actor_accuracy" } }
        """, "recipe.rollback", "must be null, as the run does not train: no round can make its models worse.")]
    public void What_a_run_asks_of_its_rounds_is_held_against_what_there_is(int rounds, string recipe, string field, string message) =>
        Check(rounds, recipe).ShouldBe([new(field, message)]);

    [Fact]
    public void A_run_trains_the_models_of_its_first_round_each_with_its_own_options()
    {
        var (actor, refiner) = (Model("a"), Model("r"));
        const string Recipe = """{ "train": { "actor": { "lora": { "r": 2 } } } }""";

        Trainings("{}", ("actor", actor)).ShouldBeEmpty();
        Trainings(Recipe, ("actor", actor), ("refiner", refiner)).ShouldBe(["a as actor, recipe.train.actor 2", "r as refiner, "
            + "recipe.train.refiner "]);
        // Without a refiner of its own the actor's model is trained for both.
        Trainings(Recipe, ("actor", actor)).ShouldBe(["a as actor, recipe.train.actor 2", "a as actor, recipe.train.refiner "]);
        // A model that does not exist is another error.
        Trainings(Recipe, ("actor", null), ("refiner", refiner)).ShouldBe(["r as refiner, recipe.train.refiner "]);
    }

    [Theory]
    [InlineData(3, """{ "train": {}, "instructions_per_round": 6, "evaluate": { "benchmarks": ["micro-world"] } }""")]
    [InlineData(1, "{}")]
    [InlineData(1, """{ "train": { "actor": { "lora": {} } } }""")]
    [InlineData(3, """{ "train": { "actor": { "lora": {} }, "start_from": "first-round" } }""")]
    public void What_there_is_enough_of_is_taken(int rounds, string recipe) => Check(rounds, recipe).ShouldBeEmpty();

    private static List<FieldError> Check(int rounds, string recipe)
    {
        var errors = new List<FieldError>();
        RoundRules.Check(rounds, Read(recipe), 20, errors);
        return errors;
    }

    private static IEnumerable<string> Trainings(string recipe, params (string, Model?)[] models) =>
        RoundRules.Trainings(Read(recipe), models)
            .Select(t => $"{t.Model.Id} as {t.Field}, {t.OptionsField} {t.Options.Lora?.R}");

    private static Model Model(string id) => new()
    {
        Id = id,
        Name = "m",
        Path = "m.gguf",
        Sha256 = "00",
        Bytes = 1,
        Architecture = "llama",
        Parameters = 1,
        ContextLength = 1,
        VocabularySize = 1,
        FileType = "F32",
        Template = "t",
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private static Recipe Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return RecipeReader.Read(document.RootElement);
    }
}
