using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Rounds;

namespace SPaR.Integration.Tests.Pairs;

/// <summary>Where pairs and models come from, and what becomes of pairs.</summary>
public sealed class LineageTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_pair_is_followed_from_its_instruction_to_the_evaluations_of_what_was_trained_on_it()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(2, instructions: 3);
        var run = await world.StatusAsync(id, "succeeded");
        var pair = (await world.Http.GetAsync($"/v1/runs/{id}/pairs?round=1"))["data"][1]!;
        var dataset = (await world.Http.PostAsync("/v1/datasets/from-runs", $$"""{"name":"d","runs":["{{id}}"]}""")).ShouldBe(201);
        (await world.Http.PutAsync(
            $"/v1/pairs/{pair["id"]}/verdict", JsonNode.Parse("""{"verdict":"accept"}""")!)).ShouldBe(200);

        var lineage = (await world.Http.GetAsync($"/v1/lineage/{pair["id"]}")).ShouldBe(200);

        var round = run["rounds"][1]!;
        (lineage["instruction"]["position"]!.GetValue<int>(), lineage["instruction"]["set"]!.GetValue<string>())
            .ShouldBe((1, run["instruction_set"].GetValue<string>()));
        lineage["run"]["actor"]!["id"]!.GetValue<string>().ShouldBe(round["actor"]!.GetValue<string>());
        lineage["run"]["actor"]!["sha256"]!.GetValue<string>().Length.ShouldBe(64);
        lineage["rejected"]["text"]!.GetValue<string>().ShouldBe(pair["rejected"]!.GetValue<string>());
        lineage["rejected"]["label"]!.GetValue<string>().ShouldBe("bad");
        lineage["chosen"].AsArray()[0]!["subject"]!.GetValue<string>().ShouldBe("r");
        lineage["chosen"].AsArray()[^1]!["text"]!.GetValue<string>().ShouldBe(pair["chosen"]!.GetValue<string>());
        lineage["human"]["verdict"]!.GetValue<string>().ShouldBe("accept");
        lineage["datasets"].AsArray().ShouldHaveSingleItem()!["id"]!.GetValue<string>().ShouldBe(dataset.Id);
        lineage["trainings"].AsArray().ShouldHaveSingleItem()!["id"]!.GetValue<string>()
            .ShouldBe(round["actor_training"]!.GetValue<string>());
        lineage["models"].AsArray().ShouldHaveSingleItem()!["id"]!.GetValue<string>().ShouldBe(round["actor_out"]!.GetValue<string>());
        lineage["evaluations"].AsArray().Select(e => e!["id"]!.GetValue<string>())
            .ShouldContain(round["evaluations"]!["scripted"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_model_is_followed_back_to_one_that_nothing_here_trained()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(2, instructions: 3);
        var run = await world.StatusAsync(id, "succeeded");

        var lineage = (await world.Http.GetAsync($"/v1/models/{run["result"]["actor"]}/lineage")).ShouldBe(200);

        lineage["steps"].AsArray().Select(s => $"{s!["method"]} {s["round"]} {s["rows"]}").ShouldBe(["dpo 2 3", "dpo 1 3"]);
        lineage["origin"]["id"]!.GetValue<string>().ShouldBe(world.Service.Model);
        (lineage["trainings"].GetValue<int>(), lineage["rows"].GetValue<int>()).ShouldBe((2, 6));
        lineage["runs"].AsArray().ShouldHaveSingleItem()!.GetValue<string>().ShouldBe(id);
        var origin = (await world.Http.GetAsync($"/v1/models/{world.Service.Model}/lineage")).ShouldBe(200);
        origin["steps"].AsArray().ShouldBeEmpty();
        origin["origin"]["id"]!.GetValue<string>().ShouldBe(world.Service.Model);
    }

    [Fact]
    public async Task A_pair_that_a_person_rejected_is_not_trained_on_but_was_if_the_training_came_first()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(1, """{ "pair_filters": { "human": "not-rejected" } }""", 3);
        await world.StatusAsync(id, "succeeded");
        var pair = (await world.Http.GetAsync($"/v1/runs/{id}/pairs"))["data"][0]!["id"]!.GetValue<string>();
        (await world.Http.PutAsync(
            $"/v1/pairs/{pair}/verdict", JsonNode.Parse("""{"verdict":"reject"}""")!)).ShouldBe(200);

        var training = (await world.Http.PostAsync(
            "/v1/training-runs", $$$"""{"method":"dpo","model":"{{{world.Service.Model}}}","dataset":{"run":"{{{id}}}"}}""")).ShouldBe(201);
        await Wait.UntilAsync(async () =>
            (await world.Http.GetAsync($"/v1/training-runs/{training.Id}"))["status"].GetValue<string>() == "succeeded");

        (await world.Http.GetAsync($"/v1/training-runs/{training.Id}"))["rows"].GetValue<int>().ShouldBe(2);
        (await world.Http.GetAsync($"/v1/lineage/{pair}"))["trainings"].AsArray().Select(t => t!["name"]?.GetValue<string>())
            .ShouldBe(["loop round 1 actor"]);
    }

    [Fact]
    public async Task What_does_not_exist_has_no_lineage()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());

        (await service.GetAsync("/v1/lineage/pair_1")).ShouldBeProblem(404, "not-found");
        (await service.GetAsync("/v1/models/mdl_1/lineage")).ShouldBeProblem(404, "not-found");
    }
}
