using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>Runs of several rounds, from instructions to the models of the last round.</summary>
public sealed class RoundTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Three_rounds_go_by_themselves_and_each_plays_with_what_the_last_made()
    {
        await using var world = await RoundWorld.StartAsync(postgres, 0.1, 0.2, 0.3, 0.4);
        var id = await world.RunAsync(3);

        var run = await world.StatusAsync(id, "succeeded");

        await world.ShouldBeWholeAsync(run, 3);
        var rounds = run["rounds"].AsArray();
        (run["round"].GetValue<int>(), run["stage"].GetValue<string>(), run["round_count"].GetValue<int>()).ShouldBe((3, "done", 3));
        rounds.Select(r => r!["evaluation"]!["scripted"]!["accuracy"]!["mean"]!.GetValue<double>()).ShouldBe([0.1, 0.2, 0.3, 0.4]);
        rounds[0]!["counts"]!.AsObject().ShouldBeEmpty();
        rounds[0]!["pairs"].ShouldBeNull();
        run["result"]["actor"]!.GetValue<string>().ShouldBe(rounds[3]!["actor_out"]!.GetValue<string>());
        rounds.Skip(1).Select(r => r!["actor_dataset"]!["hash"]!.GetValue<string>()).ShouldAllBe(hash => hash.Length == 64);
        (await world.Http.GetAsync($"/v1/runs/{id}/preferences")).Lines.Count.ShouldBe(60);
        await PlayedWithAsync(world, run);
        await MadeOfAsync(world, run);
        var asked = world.Benchmark.Asked.ToArray();
        asked.Length.ShouldBe(4);
        asked.Select(a => a.Seed).Distinct().ShouldHaveSingleItem();
        asked[2].Actor.ShouldBe(rounds[2]!["actor_training"]!.GetValue<string>(), "a trained model's file has its training's name");
        asked[2].Judge.ShouldBe(rounds[2]!["refiner_training"]!.GetValue<string>(), "the refiner judges with what it has learnt");
    }

    [Fact]
    public async Task Each_round_takes_its_own_instructions()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(2, """{ "instructions_per_round": 7 }""");

        var run = await world.StatusAsync(id, "succeeded");

        await world.ShouldBeWholeAsync(run, 2, instructions: 7);
        (await OrdinalsAsync(1)).ShouldBe(Enumerable.Range(0, 7));
        (await OrdinalsAsync(2)).ShouldBe(Enumerable.Range(7, 7));

        async Task<IEnumerable<int>> OrdinalsAsync(int round) =>
            (await world.Http.GetAsync($"/v1/runs/{id}/items?round={round}"))["data"].AsArray().Select(i => i!["ordinal"]!.GetValue<int>());
    }

    [Fact]
    public async Task From_the_first_round_adapters_need_no_merging()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        TinyGguf.WriteAdapter(Path.Combine(world.Service.Folder, "made-adapter.gguf"));

        var run = await world.StatusAsync(
            await world.RunAsync(3, """{ "train": { "start_from": "first-round", "actor": { "lora": {} }, "refiner": { "lora": {} } } }"""),
            "succeeded");

        await world.ShouldBeWholeAsync(run, 3);
        foreach (var round in run["rounds"].AsArray().Skip(1))
            foreach (var made in new[] { "actor_out", "refiner_out" })
                (await world.Http.GetAsync($"/v1/models/{round![made]}"))["base"].GetValue<string>().ShouldBe(world.Service.Model);
        world.Engine.Asked.Keys.ShouldContain(
            a => a.File == $"{run["rounds"][2]!["actor_training"]}.adapter", "the third round's answers come from the second's adapter");
    }

    [Fact]
    public async Task A_round_without_pairs_or_examples_goes_on_with_its_models_as_they_were()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(
            2, """{ "examples": { "first_good": 0, "positive": 0, "refine": 0, "negative": 0, "first_bad": 0 } }""", word: "easy");

        var run = await world.StatusAsync(id, "succeeded");

        (await world.TrainingsAsync()).ShouldBeEmpty();
        foreach (var round in run["rounds"].AsArray().Skip(1))
        {
            round!["actor_training"].ShouldBeNull();
            round["actor_out"]!.GetValue<string>().ShouldBe(world.Service.Model);
            round["refiner_out"]!.GetValue<string>().ShouldBe(world.Service.Model);
            round["counts"]!["already-good"]!.GetValue<int>().ShouldBe(20);
        }
    }

    [Fact]
    public async Task With_sft_only_the_actor_learns_the_chosen_side_alone()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        await world.StatusAsync(await world.RunAsync(1, """{ "pair": { "source": "sft-only" } }"""), "succeeded");

        (await world.TrainingsAsync()).ShouldBe(["loop round 1 actor sft succeeded", "loop round 1 refiner sft succeeded"]);
        var training = (await world.Http.GetAsync("/v1/training-runs"))["data"][1]!;
        training["datasets"]![0]!["data"]!.GetValue<string>().ShouldBe("preferences");
        var row = File.ReadLines(Path.Combine(world.Service.Folder, training["id"]!.GetValue<string>(), "seen.ndjson")).First();
        row.ShouldContain("\"targets\":");
        row.ShouldNotContain("\"rejected\":");
    }

    [Fact]
    public async Task A_share_of_a_rounds_data_is_held_out_by_instruction()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(1, """{ "train": { "actor": { "val_size": 0.25 }, "refiner": { "val_size": 0.25 } } }""");

        var run = await world.StatusAsync(id, "succeeded");

        var round = run["rounds"][1]!;
        foreach (var (role, rows) in new[] { ("actor", 20), ("refiner", 40) })
        {
            var made = round[$"{role}_dataset"]!;
            (made["rows"]!.GetValue<int>(), made["held_out"]!.GetValue<int>()).ShouldBe((rows * 3 / 4, rows / 4), role);
        }

        // A refiner example's id starts with its instruction.
        var trained = File.ReadLines(Path.Combine(world.Service.Folder, round["refiner_training"]!.GetValue<string>(), "seen.ndjson"))
            .Select(line => JsonNode.Parse(line)!["id"]!.GetValue<string>().Split(' ')[0]).ToList();
        trained.CountBy(instruction => instruction).ShouldAllBe(i => i.Value == 2, "both examples of an instruction are on one side");
    }

    [Fact]
    public async Task From_the_first_round_trains_the_starting_models_again()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var run = await world.StatusAsync(await world.RunAsync(2, """{ "train": { "start_from": "first-round" } }"""), "succeeded");

        await world.ShouldBeWholeAsync(run, 2);
        (await world.Http.GetAsync("/v1/training-runs"))["data"].AsArray()
            .Select(t => t!["model"]!.GetValue<string>()).Distinct().ShouldBe([world.Service.Model]);
    }

    [Fact]
    public async Task A_round_that_got_worse_is_rolled_back_and_ends_the_run_with_the_models_before_it()
    {
        await using var world = await RoundWorld.StartAsync(postgres, 0.5, 0.6, 0.4);
        var id = await world.RunAsync(
            3, """{ "rollback": { "benchmark": "scripted", "measure": "accuracy", "tolerance": 0.02 } }""", instructions: 3);

        var run = await world.StatusAsync(id, "succeeded");

        var rounds = run["rounds"].AsArray();
        rounds.Select(r => r!["rolled_back"]!.GetValue<bool>()).ShouldBe([false, false, true]);
        run["result"]["actor"]!.GetValue<string>().ShouldBe(rounds[1]!["actor_out"]!.GetValue<string>());
        run["detail"].GetValue<string>().ShouldBe(
            "Round 2 is rolled back: accuracy of scripted went from 0.6 to 0.4, and 0.02 less is allowed. The run ends with the models "
            + "that round 2 started with.");
        (await world.Http.GetAsync($"/v1/models/{rounds[2]!["actor_out"]}")).ShouldBe(200);
    }

    [Fact]
    public async Task A_measure_that_the_benchmark_does_not_give_ends_the_run_before_anything_is_trained()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(2, """{ "rollback": { "benchmark": "scripted", "measure": "speed" } }""", instructions: 3);

        (await world.StatusAsync(id, "failed"))["detail"].GetValue<string>().ShouldBe(
            "Round 0, evaluate: recipe.rollback.measure is 'speed', which scripted does not measure; it measures accuracy. Start a run "
            + "with one of these");
    }

    [Fact]
    public async Task A_run_without_training_is_evaluated_once_before_it_plays()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var run = await world.StatusAsync(await world.RunAsync(1, """{ "train": null }""", instructions: 3), "succeeded");

        run["rounds"][0]!["evaluation"]!["scripted"]!["accuracy"]!["mean"]!.GetValue<double>().ShouldBe(0.5);
        run["rounds"][1]!["evaluation"]!.AsObject().ShouldBeEmpty("its models were measured before it");
        run["rounds"][1]!["actor_out"].ShouldBeNull();
        world.Benchmark.Asked.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(2, """{ "train": null }""", "recipe.train")]
    [InlineData(21, "{}", "rounds")]
    [InlineData(3, """{ "instructions_per_round": 7 }""", "recipe.instructions_per_round")]
    [InlineData(1, """{ "evaluate": { "benchmarks": ["mmlu"] } }""", "recipe.evaluate.benchmarks[0].benchmark")]
    public async Task What_cannot_be_run_is_refused_before_anything_is_stored(int rounds, string recipe, string field)
    {
        await using var world = await RoundWorld.StartAsync(postgres);

        (await world.PostAsync(rounds, recipe)).ShouldBeProblem(422, "invalid-run", field);
        (await world.Http.GetAsync("/v1/runs"))["data"].AsArray().ShouldBeEmpty();
    }

    private static async Task PlayedWithAsync(RoundWorld world, Answer run)
    {
        foreach (var round in run["rounds"].AsArray().Skip(1))
        {
            var actor = await FileAsync(round!["actor"]!.GetValue<string>());
            var refiner = await FileAsync(round["refiner"]!.GetValue<string>());
            world.Engine.Asked.Keys.ShouldContain((actor, "sample"));
            world.Engine.Asked.Keys.ShouldContain((refiner, "judge"));
            world.Engine.Asked.Keys.ShouldContain((refiner, "refine"));
            if (round["round"]!.GetValue<int>() > 1)
                world.Engine.Asked.Keys.ShouldNotContain((refiner, "sample"), "no round plays with another's models");
        }

        async Task<string> FileAsync(string model) =>
            Path.GetFileNameWithoutExtension((await world.Http.GetAsync($"/v1/models/{model}"))["path"].GetValue<string>());
    }

    private static async Task MadeOfAsync(RoundWorld world, Answer run)
    {
        var round = run["rounds"][2]!;
        var model = await world.Http.GetAsync($"/v1/models/{round["actor_out"]}");

        model["name"].GetValue<string>().ShouldBe("loop round 2 actor");
        var lineage = model["lineage"];
        lineage["parent"]!.GetValue<string>().ShouldBe(round["actor"]!.GetValue<string>());
        lineage["run"]!.GetValue<string>().ShouldBe(run.Id);
        lineage["round"]!.GetValue<int>().ShouldBe(2);
        lineage["training_run"]!.GetValue<string>().ShouldBe(round["actor_training"]!.GetValue<string>());
        lineage["dataset_sha256"]!.GetValue<string>().ShouldBe(round["actor_dataset"]!["hash"]!.GetValue<string>());
    }
}
