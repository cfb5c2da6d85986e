using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>Which pairs of a round train its actor, and what a run warns of.</summary>
public sealed class RoundPairFilterTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Filtered_pairs_stay_with_their_filter_and_are_not_trained_on()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var set = await IfevalAsync(world, "hard 3", "hard 7", "soft 9");
        var id = await world.RunAsync(
            1, $$$"""
            { "pair_filters": { "min_similarity": 0.4, "max_length_change": 0.1, "contamination": "{{{set}}}", "duplicates": "near" } }
            """);

        var run = await world.StatusAsync(id, "succeeded");

        var round = run["rounds"][1]!;
        const string Filtered = """{"min-similarity":0,"max-length-change":0,"contamination":2,"duplicates":0}""";
        (round["pairs"]!.GetValue<int>(), round["actor_dataset"]!["rows"]!.GetValue<int>()).ShouldBe((20, 18));
        round["filtered"]!.ToJsonString().ShouldBe(Filtered);
        run["pairs"]["filtered"]!.ToJsonString().ShouldBe(Filtered);
        var lines = (await world.Http.GetAsync($"/v1/runs/{id}/preferences?format=spar")).Lines;
        lines.Select(l => (l["ordinal"]!.GetValue<int>(), l["filtered_by"]?.GetValue<string>())).Where(l => l.Item2 is not null)
            .ShouldBe([(3, "contamination"), (7, "contamination")]);
        (await world.Http.GetAsync($"/v1/runs/{id}/preferences?filter=true")).Lines.Count.ShouldBe(18);
        (await world.Http.DeleteAsync($"/v1/benchmarks/{set}")).ShouldBe(409);
    }

    [Fact]
    public async Task A_round_whose_pairs_are_all_filtered_keeps_its_actor()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(1, """{ "pair_filters": { "min_similarity": 1 } }""");

        var run = await world.StatusAsync(id, "succeeded");

        run["rounds"][1]!["actor_training"].ShouldBeNull();
        run["rounds"][1]!["actor_out"]!.GetValue<string>().ShouldBe(world.Service.Model);
        run["rounds"][1]!["filtered"]!["min-similarity"]!.GetValue<int>().ShouldBe(20);
    }

    [Fact]
    public async Task A_run_without_training_marks_its_pairs_too()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = await world.RunAsync(1, """{ "train": null, "pair_filters": { "min_similarity": 1 } }""");

        var run = await world.StatusAsync(id, "succeeded");

        run["pairs"]["filtered"]!["min-similarity"]!.GetValue<int>().ShouldBe(20);
        (await world.Http.GetAsync($"/v1/runs/{id}/preferences?filter=true")).Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_benchmark_set_that_does_not_exist_is_refused()
    {
        await using var world = await RoundWorld.StartAsync(postgres);

        (await world.PostAsync(1, """{ "pair_filters": { "contamination": "bmk_0" } }""")).ShouldBe(422)
            .Saying("recipe.pair_filters.contamination");
    }

    [Theory]
    [InlineData("\"train\": {}, ", true)]
    [InlineData("", false)]
    public async Task A_run_that_trains_on_constraint_types_that_it_reports_on_warns(string train, bool warns)
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var set = await IfevalAsync(world, "Name a colour.");
        var instructions = (await world.Http.PostAsync("/v1/instruction-sets?name=s", string.Join('\n',
            """{"prompt":"easy 1","constraints":[{"id":"punctuation:no_comma","kwargs":{}}]}""",
            """{"prompt":"easy 2","constraints":{"instruction_id_list":["startend:quotation"],"kwargs":[{}]}}""",
            """{"prompt":"easy 3"}"""), "application/x-ndjson")).ShouldBe(201).Id;

        var run = (await world.Http.PostAsync("/v1/runs", new JsonObject
        {
            ["instruction_set"] = instructions,
            ["actor"] = world.Service.Model,
            ["recipe"] = JsonNode.Parse(
                $$$"""{ {{{train}}}"evaluate": { "benchmarks": [{ "benchmark": "ifeval", "data": "{{{set}}}", "limit": 1 }] } }"""),
        })).ShouldBe(201);

        foreach (var answer in new[] { run, await world.GetAsync(run.Id) })
            if (warns)
            {
                var warning = answer["warnings"].AsArray().ShouldHaveSingleItem()!;
                warning["code"]!.GetValue<string>().ShouldBe("constraint-overlap");
                warning["detail"]!.GetValue<string>().ShouldContain("punctuation:no_comma");
                warning["detail"]!.GetValue<string>().ShouldNotContain("startend:quotation");
            }
            else
                answer["warnings"].AsArray().ShouldBeEmpty();
    }

    private static async Task<string> IfevalAsync(RoundWorld world, params string[] prompts) => (await world.Http.PostAsync(
        "/v1/benchmarks?benchmark=ifeval",
        new JsonArray([.. prompts.Select((prompt, i) => new JsonObject
        {
            ["key"] = i,
            ["prompt"] = prompt,
            ["instruction_id_list"] = new JsonArray("punctuation:no_comma"),
            ["kwargs"] = new JsonArray(new JsonObject()),
        })]))).ShouldBe(201).Id;
}
