using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Pairs;

/// <summary>Datasets that are frozen from runs.</summary>
public sealed class DatasetFreezeTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string NoPoor = """[{ "id": "keywords:forbidden_words", "kwargs": { "forbidden_words": ["poor"] } }]""";

    private readonly HttpService _service = shared.Service;

    [Fact]
    public async Task The_pairs_of_several_runs_become_a_dataset_that_says_where_they_are_from()
    {
        var (one, two) = (await shared.RunAsync(2, NoPoor), await shared.RunAsync(1));

        var made = (await FreezeAsync("both", [one, two])).ShouldBe(201);

        (made["name"].GetValue<string>(), made["version"].GetValue<int>(), made["count"].GetValue<int>()).ShouldBe(("both", 1, 3));
        made["format"].GetValue<string>().ShouldBe("frozen");
        made["source"]["pairs"]!.GetValue<int>().ShouldBe(3);
        made["source"]["models"]!.AsObject().ShouldHaveSingleItem().Key.ShouldBe(shared.Model);
        var rows = (await _service.GetAsync($"/v1/datasets/{made.Id}/rows"))["data"].AsArray();
        rows.Select(r => r!["pair"]!.GetValue<string>()).ShouldBe([.. await PairsAsync(one), .. await PairsAsync(two)]);
        rows[0]!["facts"]!["verifier_agrees"]!.GetValue<bool>().ShouldBeTrue();
        rows[2]!["facts"]!["verifier_agrees"].ShouldBeNull();
        (rows[0]!["facts"]!["run"]!.GetValue<string>(), rows[0]!["facts"]!["chosen_value"]!.GetValue<double>()).ShouldBe((one, 0.8));
    }

    [Fact]
    public async Task The_same_name_makes_the_next_version_and_no_version_is_given_twice()
    {
        var run = await shared.RunAsync(1);
        var (first, second) = (await FreezeAsync("again", [run]), await FreezeAsync("again", [run]));
        (await _service.DeleteAsync($"/v1/datasets/{second.Id}")).ShouldBe(204);

        var third = await _service.PostAsync(
            "/v1/datasets?name=again", """{"prompt":"p","chosen":"c","rejected":"r"}""", "application/x-ndjson");

        first["sha256"].GetValue<string>().ShouldBe(second["sha256"].GetValue<string>());
        (second["version"].GetValue<int>(), third.ShouldBe(201)["version"].GetValue<int>()).ShouldBe((2, 3));
        (await _service.GetAsync("/v1/datasets?name=again"))["data"].AsArray().Select(d => d!["version"]!.GetValue<int>())
            .ShouldBe([3, 1]);
    }

    [Fact]
    public async Task Filters_leave_pairs_out_and_are_counted()
    {
        var run = await shared.RunAsync(4);
        var pairs = await PairsAsync(run);
        await SayAsync(pairs[0], """{ "verdict": "reject" }""");
        await SayAsync(pairs[1], """{ "verdict": "edit", "chosen": "a much, much longer answer than before" }""");

        var made = (await FreezeAsync("filtered", [run], """{ "human": "not-rejected", "max_length_change": 1 }""")).ShouldBe(201);

        made["count"].GetValue<int>().ShouldBe(2);
        made["source"]["left_out"]!.ToJsonString().ShouldBe("""{"recipe":0,"max-length-change":1,"human":1}""");
        (await FreezeAsync("edited", [run], """{ "human": "accepted" }""")).ShouldBe(201)["count"].GetValue<int>().ShouldBe(1);
        var best = (await FreezeAsync("best", [run], """{ "min_value": 0.9 }""")).ShouldBeProblem(422, "no-pairs", "runs");
        best.Saying("min-value 4");
    }

    [Fact]
    public async Task What_the_recipe_leaves_out_of_trainings_is_left_out_unless_asked_for()
    {
        var run = await shared.RunAsync(2, recipe: """{ "pair_filters": { "human": "accepted" } }""");
        await SayAsync((await PairsAsync(run))[0], """{ "verdict": "accept" }""");

        (await FreezeAsync("accepted", [run])).ShouldBe(201)["source"]["left_out"]!.ToJsonString().ShouldBe("""{"recipe":1}""");
        (await FreezeAsync("accepted", [run], filtered: true)).ShouldBe(201)["count"].GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task A_dataset_stays_as_it_is_whatever_people_say_later_and_without_its_run()
    {
        var run = await shared.RunAsync(1);
        var made = await FreezeAsync("kept", [run]);
        await SayAsync((await PairsAsync(run))[0], """{ "verdict": "edit", "chosen": "another" }""");
        (await _service.DeleteAsync($"/v1/runs/{run}")).ShouldBe(204);

        (await _service.GetAsync($"/v1/datasets/{made.Id}/rows"))["data"][0]!["chosen"]!.GetValue<string>().ShouldBe("a good answer");
    }

    [Fact]
    public async Task A_training_takes_it_like_an_upload()
    {
        var made = await FreezeAsync("trained", [await shared.RunAsync(1)]);

        (await _service.PostAsync(
            "/v1/training-runs",
            $$$"""{"method":"dpo","model":"{{{shared.Model}}}","dataset":{"upload":"{{{made.Id}}}"}}""")).ShouldBe(201);

        (await _service.DeleteAsync($"/v1/datasets/{made.Id}")).ShouldBe(409);
    }

    [Theory]
    [InlineData("""{ "name": " ", "runs": [] }""", "name", "runs")]
    [InlineData("""{ "name": "a", "runs": ["run_1", "run_1"] }""", "runs", "runs[0]", "runs[1]")]
    [InlineData("""{ "name": "a", "runs": ["run_1"], "rounds": [0] }""", "rounds", "runs[0]")]
    [InlineData(
        """{ "name": "a", "runs": ["run_1"], "filters": { "human": "x", "min": 1, "contamination": "bmk_0" } }""",
        "filters.human", "filters.min", "runs[0]", "filters.contamination")]
    public async Task Mistakes_are_named_by_field(string body, params string[] fields) =>
        (await _service.PostAsync("/v1/datasets/from-runs", body)).ShouldBeProblem(422, "invalid-dataset", fields);

    private Task<Answer> FreezeAsync(string name, string[] runs, string filters = "{}", bool filtered = false) => _service.PostAsync(
        "/v1/datasets/from-runs", new JsonObject
        {
            ["name"] = name,
            ["runs"] = new JsonArray([.. runs.Select(r => JsonValue.Create(r))]),
            ["filters"] = JsonNode.Parse(filters),
            ["filtered"] = filtered,
        });

    private async Task<string[]> PairsAsync(string run) =>
        [.. (await _service.GetAsync($"/v1/runs/{run}/pairs"))["data"].AsArray().Select(p => p!["id"]!.GetValue<string>())];

    private async Task SayAsync(string pair, string verdict) =>
        (await _service.PutAsync($"/v1/pairs/{pair}/verdict", JsonNode.Parse(verdict)!)).ShouldBe(200);
}
