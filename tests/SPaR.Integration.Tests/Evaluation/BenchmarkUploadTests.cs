using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Evaluation;

/// <summary>Items that a user brings: all of them, or none.</summary>
public sealed class BenchmarkUploadTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Ndjson = "application/x-ndjson";
    private const string Address = "/v1/benchmarks?benchmark=exact-match";

    private readonly HttpService _service = shared.Service;

    [Fact]
    public async Task Lines_and_a_list_of_the_same_items_are_the_same_set_but_for_its_id()
    {
        const string One = """{"key":"a","question":"1 + 1?","answer":"2"}""";
        const string Two = """{"key":"b","question":"Capital?","answers":["Paris","paris"]}""";

        var lines = (await _service.PostAsync($"{Address}&name=lines", $"{One}\n\n{Two}\n", Ndjson)).ShouldBe(201);
        var list = (await _service.PostAsync($"{Address}&name=list", $"[{One}, {Two}]")).ShouldBe(201);

        lines.Id.ShouldStartWith("bmk_");
        lines["count"].GetValue<int>().ShouldBe(2);
        lines["sha256"].GetValue<string>().ShouldBe(list["sha256"].GetValue<string>());
        (await _service.GetAsync($"/v1/benchmarks/{list.Id}"))["name"].GetValue<string>().ShouldBe("list");
        var page = await _service.GetAsync($"/v1/benchmarks/{list.Id}/items?limit=1");
        (page["has_more"].GetValue<bool>(), page["data"][0]!["key"]!.GetValue<string>()).ShouldBe((true, "a"));
        var rest = await _service.GetAsync($"/v1/benchmarks/{list.Id}/items?after={page["after"]}");
        rest["data"].AsArray().ShouldHaveSingleItem()!["body"]!["question"]!.GetValue<string>().ShouldBe("Capital?");
    }

    [Fact]
    public async Task Every_fault_names_its_line_and_field_a_key_that_stands_twice_both_lines_and_nothing_is_stored()
    {
        var before = await CountAsync();

        var answer = await _service.PostAsync(Address, """
            {"key":"a","question":"fine","answer":"2"}
            {"key":"b","question":""}
            not json
            {"key":"a","question":"again","answer":"2","colour":"red"}
            {"key":"a","question":"again","answer":"2"}
            """, Ndjson);

        answer.ShouldBeProblem(
            422, "invalid-benchmark", "line 2: question", "line 2: answer", "line 3", "line 4: colour", "line 5");
        answer.Saying("'a' is that of line 1");
        (await _service.PostAsync(Address, $$"""{"key":"{{new string('k', 501)}}","question":"q","answer":"2"}""", Ndjson))
            .ShouldBeProblem(422, "invalid-benchmark", "line 1").Saying("Its key has 501 characters");
        (await CountAsync()).ShouldBe(before, "all or nothing");
    }

    [Fact]
    public async Task A_faulty_element_of_a_list_is_named_by_its_place()
    {
        (await _service.PostAsync(Address, """[{"question":"q","answer":"a"}, {"question":"q"}, 5]"""))
            .ShouldBeProblem(422, "invalid-benchmark", "[1].answer", "[2]");
        (await _service.PostAsync(Address, """{"question":"q","answer":"a"}""")).ShouldBe(201);
        (await _service.PostAsync(Address, "[]")).ShouldBeProblem(422, "invalid-benchmark", "body");
    }

    [Fact]
    public async Task No_more_faults_are_named_than_anybody_reads()
    {
        var answer = await _service.PostAsync(
            Address, string.Join('\n', Enumerable.Range(0, 100).Select(i => $$"""{"key":{{i}},"question":"q"}""")), Ndjson);

        answer["errors"].AsArray().Count.ShouldBe(20);
    }

    [Fact]
    public async Task An_upload_names_a_benchmark_that_takes_items()
    {
        (await _service.PostAsync("/v1/benchmarks?benchmark=chess", "{}", Ndjson))
            .ShouldBeProblem(422, "invalid-benchmark", "benchmark").Saying("exact-match, ");
        (await _service.PostAsync("/v1/benchmarks?benchmark=micro-world", "{}", Ndjson))
            .ShouldBeProblem(422, "invalid-benchmark", "benchmark").Saying("has items of its own");
        (await _service.PostAsync($"{Address}&name=%20", "{}", Ndjson)).ShouldBeProblem(422, "invalid-benchmark", "name");
    }

    [Fact]
    public async Task The_list_of_kinds_shows_a_line_of_each_that_can_be_uploaded_as_it_stands()
    {
        var kinds = (await _service.GetAsync("/v1/benchmarks/kinds")).ShouldBe(200)["data"].AsArray();

        kinds.Select(k => k!["name"]!.GetValue<string>()).ShouldContain("micro-world");
        foreach (var kind in kinds)
        {
            var name = kind!["name"]!.GetValue<string>();
            kind["description"]!.GetValue<string>().ShouldNotBeEmpty(name);
            (kind["example"] is null).ShouldBe(kind["own_items"] is not null, name);
            if (kind["example"] is { } example)
                (await _service.PostAsync($"/v1/benchmarks?benchmark={name}", new JsonArray(example.DeepClone()))).ShouldBe(201);
        }
    }

    [Fact]
    public async Task A_set_is_deleted_unless_an_evaluation_or_a_recipe_uses_it()
    {
        var set = (await _service.PostAsync(Address, """{"question":"easy","answer":"a"}""", Ndjson)).ShouldBe(201).Id;
        (await _service.PostAsync("/v1/evaluations", new JsonObject
        {
            ["benchmark"] = "exact-match",
            ["data"] = set,
            ["model"] = shared.Model,
        })).ShouldBe(201);
        (await _service.DeleteAsync($"/v1/benchmarks/{set}")).ShouldBeProblem(409, "benchmark-in-use");

        var inRecipe = (await _service.PostAsync(Address, """{"question":"easy","answer":"a"}""", Ndjson)).ShouldBe(201).Id;
        var instructions = (await _service.PostAsync("/v1/instruction-sets?name=s", """{"prompt":"easy"}""", Ndjson)).Id;
        (await _service.PostAsync("/v1/runs", JsonNode.Parse($$"""
            {
              "instruction_set": "{{instructions}}", "actor": "{{shared.Model}}",
              "recipe": { "evaluate": { "benchmarks": [{ "benchmark": "exact-match", "data": "{{inRecipe}}", "limit": 1 }] } }
            }
            """)!)).ShouldBe(201);
        (await _service.DeleteAsync($"/v1/benchmarks/{inRecipe}")).ShouldBeProblem(409, "benchmark-in-use");

        var unused = (await _service.PostAsync(Address, """{"question":"easy","answer":"a"}""", Ndjson)).ShouldBe(201).Id;
        (await _service.DeleteAsync($"/v1/benchmarks/{unused}")).ShouldBe(204);
        (await _service.GetAsync($"/v1/benchmarks/{unused}")).ShouldBeProblem(404, "not-found");
        (await _service.GetAsync($"/v1/benchmarks/{unused}/items")).ShouldBeProblem(404, "not-found");
    }

    private async Task<int> CountAsync() => (await _service.GetAsync("/v1/benchmarks?limit=200"))["data"].AsArray().Count;
}
