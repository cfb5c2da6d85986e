using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>What a run measures its rounds with, beside benchmarks that bring their items.</summary>
public sealed class RoundEvaluationTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_round_that_got_worse_on_uploaded_items_is_rolled_back_and_two_rounds_are_compared_in_one_call()
    {
        await using var world = await RoundWorld.StartAsync(postgres, 0.5, 0.6, 0.4);
        var set = await UploadAsync(world);
        var id = await world.RunAsync(
            3, $$"""
            { "evaluate": { "benchmarks": [
                "scripted", { "benchmark": "brought", "data": "{{set}}", "decoding": "sample", "name": "mine" }] },
              "rollback": { "benchmark": "mine", "measure": "accuracy", "tolerance": 0.02 } }
            """, instructions: 3);

        var run = await world.StatusAsync(id, "succeeded");

        var rounds = run["rounds"].AsArray();
        rounds.Select(r => r!["rolled_back"]!.GetValue<bool>()).ShouldBe([false, false, true]);
        rounds.Select(r => r!["evaluation"]!["mine"]!["accuracy"]!["mean"]!.GetValue<double>()).ShouldBe([0.5, 0.6, 0.4]);
        var ids = rounds.Select(r => r!["evaluations"]!["mine"]!.GetValue<string>()).ToList();
        var evaluation = await world.Http.GetAsync($"/v1/evaluations/{ids[2]}");
        (evaluation["run"].GetValue<string>(), evaluation["round"].GetValue<int>(), evaluation["status"].GetValue<string>())
            .ShouldBe((id, 2, "succeeded"));
        (evaluation["decoding"].GetValue<string>(), evaluation["data"].GetValue<string>()).ShouldBe(("sample", set));
        evaluation["model"].GetValue<string>().ShouldBe(rounds[2]!["actor_out"]!.GetValue<string>());
        evaluation["judge"].GetValue<string>().ShouldBe(rounds[2]!["refiner_out"]!.GetValue<string>());
        (await world.Http.GetAsync($"/v1/evaluations?run={id}"))["data"].AsArray().Count.ShouldBe(6);
        var again = (await world.Http.PostAsync("/v1/evaluations", new JsonObject
        {
            ["benchmark"] = "brought",
            ["data"] = set,
            ["decoding"] = "sample",
            ["model"] = evaluation["model"].DeepClone(),
            ["refiner"] = evaluation["refiner"].DeepClone(),
            ["seed"] = evaluation["seed"].DeepClone(),
            ["recipe"] = evaluation["recipe"].DeepClone(),
        })).ShouldBe(201);
        again["recipe"].ToJsonString().ShouldBe(evaluation["recipe"].ToJsonString(), "what a run measures can be asked for by hand");
        var difference = (await world.Http.GetAsync($"/v1/evaluations/{ids[0]}/compare/{ids[2]}")).ShouldBe(200)["measures"]["accuracy"]!;
        difference["difference"]!.GetValue<double>().ShouldBe(-0.1, 1e-9);
        (difference["wins"]!.GetValue<int>(), difference["losses"]!.GetValue<int>()).ShouldBe((0, 2));
    }

    [Fact]
    public async Task Data_that_a_recipe_names_is_checked_when_the_run_is_asked_for()
    {
        await using var world = await RoundWorld.StartAsync(postgres);

        (await world.PostAsync(1, """
            { "evaluate": { "benchmarks": ["brought", { "benchmark": "scripted", "data": "bmk_1", "name": "s" },
              { "benchmark": "brought", "data": "bmk_1", "name": "b" }] } }
            """)).ShouldBeProblem(
            422, "invalid-run", "recipe.evaluate.benchmarks[0].data", "recipe.evaluate.benchmarks[1].data",
            "recipe.evaluate.benchmarks[2].data").Saying("There is no benchmark set 'bmk_1'")
            .Saying("POST them to /v1/benchmarks?benchmark=brought");
        (await world.Http.GetAsync("/v1/runs"))["data"].AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_evaluation_of_a_run_is_put_down_and_taken_up_with_its_run_alone()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        world.Benchmark.Hold = 0;
        var run = await world.RunAsync(1, instructions: 3);
        var id = (await world.WaitAsync(run, now => now["rounds"][0]!["evaluations"]!["scripted"] is not null))
            ["rounds"][0]!["evaluations"]!["scripted"]!.GetValue<string>();
        await world.WaitAsync(run, _ => world.Benchmark.Asked.Count == 1);

        foreach (var action in new[] { "pause", "resume", "cancel", "retry" })
            (await world.Http.PostAsync($"/v1/evaluations/{id}/{action}")).ShouldBeProblem(409, "invalid-state")
                .Saying(run);
        (await world.MoveAsync(run, "pause")).ShouldBe(200);
        await world.StatusAsync(run, "paused");
        (await StatusAsync()).ShouldBe("paused");
        (await world.MoveAsync(run, "resume")).ShouldBe(200);
        await world.StatusAsync(run, "succeeded");

        (await StatusAsync()).ShouldBe("succeeded");

        async Task<string> StatusAsync() => (await world.Http.GetAsync($"/v1/evaluations/{id}"))["status"].GetValue<string>();
    }

    [Fact]
    public async Task A_cancelled_run_leaves_no_evaluation_behind_that_waits()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        world.Benchmark.Hold = 0;
        var run = await world.RunAsync(1, instructions: 3);
        await world.WaitAsync(run, _ => world.Benchmark.Asked.Count == 1);

        (await world.MoveAsync(run, "cancel")).ShouldBe(200);
        await world.StatusAsync(run, "cancelled");

        (await world.Http.GetAsync($"/v1/evaluations?run={run}"))["data"].AsArray().ShouldHaveSingleItem()!["status"]!.GetValue<string>()
            .ShouldBe("cancelled");
    }

    private static async Task<string> UploadAsync(RoundWorld world) => (await world.Http.PostAsync(
        "/v1/benchmarks?benchmark=brought",
        new JsonArray([.. Enumerable.Range(0, ScriptedBenchmark.Items).Select(i => new JsonObject { ["i"] = i })]))).ShouldBe(201).Id;
}
