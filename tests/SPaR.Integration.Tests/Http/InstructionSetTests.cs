using System.Text;
using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Http;

public sealed class InstructionSetTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Ndjson = "application/x-ndjson";
    private readonly HttpService _service = shared.Service;

    [Fact]
    public async Task A_set_sent_as_json_is_stored_in_order_and_read_back_as_given()
    {
        var set = (await _service.PostAsync("/v1/instruction-sets", """
            {"name":"first","instructions":[
              {"prompt":"Say \"hi\" <b>& ü</b>","constraints":[{"kwargs":{"num_bullets":2},"id":"detectable_format:number_bullet_lists"}],
               "metadata":{"k":"v"}},
              {"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}]}]}
            """)).ShouldBe(201);

        set["count"].GetValue<int>().ShouldBe(2);
        set.Id.ShouldStartWith("set_");
        var page = (await _service.GetAsync($"/v1/instruction-sets/{set.Id}/instructions")).ShouldBe(200);
        page["has_more"].GetValue<bool>().ShouldBeFalse();
        var first = page["data"][0]!;
        first["messages"]![0]!["content"]!.GetValue<string>().ShouldBe("Say \"hi\" <b>& ü</b>");
        first["constraints"]!.ToJsonString().ShouldBe("""[{"id":"detectable_format:number_bullet_lists","kwargs":{"num_bullets":2}}]""");
        first["metadata"]!["k"]!.GetValue<string>().ShouldBe("v");
        page["data"][1]!["messages"]![0]!["role"]!.GetValue<string>().ShouldBe("system");
        (await _service.GetAsync($"/v1/instruction-sets/{set.Id}"))["name"].GetValue<string>().ShouldBe("first");
    }

    [Fact]
    public async Task A_set_sent_as_ndjson_is_stored_whole_and_paged_in_order()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 1234).Select(i => $$"""{"prompt":"number {{i}}"}"""));
        var set = (await _service.PostAsync("/v1/instruction-sets?name=many", lines, Ndjson)).ShouldBe(201);

        var read = new List<string>();
        for (string? after = null; ;)
        {
            var page = await _service.GetAsync(
                $"/v1/instruction-sets/{set.Id}/instructions?limit=200{(after is null ? "" : $"&after={after}")}");
            read.AddRange(page["data"].AsArray().Select(i => i!["messages"]![0]!["content"]!.GetValue<string>()));
            after = page.Json["after"]?.GetValue<string>();
            (after is not null).ShouldBe(page["has_more"].GetValue<bool>());
            if (after is null)
                break;
        }

        read.ShouldBe(Enumerable.Range(0, 1234).Select(i => $"number {i}"));
    }

    [Fact]
    public async Task Every_bad_line_is_named_and_nothing_is_stored()
    {
        var answer = await _service.PostAsync("/v1/instruction-sets?name=bad", """
            {"prompt":"fine"}

            {"prompt":""}
            {"prompt":"a","messages":[{"role":"user","content":"b"}]}
            {"messages":[{"role":"bot","content":"b"}]}
            {"messages":[{"role":"assistant","content":"b"}]}
            not json
            {"prompt":"a"} {"prompt":"b"}
            {"promt":"a"}
            """, Ndjson);

        answer.ShouldBeProblem(
            422, "invalid-instructions", "line 3: prompt", "line 4: prompt", "line 5: messages[0].role", "line 6: messages", "line 7",
            "line 8", "line 9: promt", "line 9: prompt");
        (await _service.GetAsync("/v1/instruction-sets?limit=200"))["data"].AsArray()
            .ShouldAllBe(set => set!["name"]!.GetValue<string>() != "bad");
    }

    [Fact]
    public async Task At_most_twenty_errors_are_reported()
    {
        var answer = await _service.PostAsync(
            "/v1/instruction-sets?name=bad", string.Concat(Enumerable.Repeat("{\"prompt\":\"\"}\n", 1000)), Ndjson);

        answer.ShouldBeProblem(422, "invalid-instructions", [.. Enumerable.Range(1, 20).Select(i => $"line {i}: prompt")]);
    }

    [Fact]
    public async Task A_line_over_a_mebibyte_is_named()
    {
        var answer = await _service.PostAsync(
            "/v1/instruction-sets?name=long", $"{{\"prompt\":\"fine\"}}\n{{\"prompt\":\"{new string('x', 3 << 20)}\"}}\n{{}}", Ndjson);

        answer.ShouldBeProblem(422, "invalid-instructions", "line 2", "line 3: prompt").Saying("1048576 bytes");
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("\n\n", "body")]
    public async Task An_empty_ndjson_set_is_refused(string body, string field) =>
        (await _service.PostAsync("/v1/instruction-sets?name=none", body, Ndjson)).ShouldBeProblem(422, "invalid-instructions", field);

    [Theory]
    [InlineData("""{"name":"a","instructions":[]}""", 422, "invalid-instructions", "body")]
    [InlineData("""{"name":"a","instructions":{}}""", 422, "invalid-instructions", "line 1")]
    [InlineData("""{"name":" ","instructions":[{"prompt":"a"}]}""", 422, "invalid-name", "name")]
    [InlineData("""{"name":"a","instructions":[{"prompt":"a"},{"prompt":" "}]}""", 422, "invalid-instructions", "instructions[1].prompt")]
    [InlineData("""{"nmae":"a","instructions":[{"prompt":"a"}]}""", 422, "invalid-name", "name")]
    [InlineData("""{"name":7,"instructions":[{"prompt":"a"}]}""", 422, "invalid-name", "name")]
    [InlineData("""{"name":"a\u0000","instructions":[{"prompt":"a"}]}""", 422, "invalid-instructions", "body")]
    [InlineData("""{"instructions":[{"prompt":"a"}],"name":"\ud800"}""", 422, "invalid-instructions", "body")]
    [InlineData("""{"name":"a",""", 422, "invalid-instructions", "line 1")]
    [InlineData("", 422, "invalid-instructions", "body")]
    public async Task A_bad_json_set_is_refused_by_field(string body, int status, string code, string field) =>
        (await _service.PostAsync("/v1/instruction-sets", body)).ShouldBeProblem(status, code, field);

    [Theory]
    [InlineData("multipart/form-data; boundary=x", null)]
    [InlineData("application/json", "br")]
    public async Task A_body_that_can_never_be_a_file_is_refused_with_what_is_read(string type, string? encoding)
    {
        using var body = new ByteArrayContent("{}"u8.ToArray());
        body.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null)
            body.Headers.ContentEncoding.Add(encoding);

        (await _service.PostAsync("/v1/instruction-sets?name=a", body)).ShouldBeProblem(415, "unsupported-media-type").Saying("text/csv");
    }

    [Fact]
    public async Task A_json_body_over_the_limit_is_refused_before_it_is_sent()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/runs")
        {
            Content = new ByteArrayContent(new byte[31_000_000]) { Headers = { ContentType = new("application/json") } },
            Headers = { ExpectContinue = true },
        };
        using var response = await _service.Client.SendAsync(request);

        new Answer(
            (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), null)
            .ShouldBeProblem(413, "too-large");
    }

    [Fact]
    public async Task Ndjson_may_be_longer_than_the_limit_of_other_bodies()
    {
        var line = $"{{\"prompt\":\"{new string('x', 500_000)}\"}}\n";

        (await _service.PostAsync("/v1/instruction-sets?name=big", new StringContent(
            new StringBuilder().Insert(0, line, 64).ToString(), Encoding
                .UTF8, Ndjson))).ShouldBe(201)["count"].GetValue<int>().ShouldBe(64);
    }

    [Theory]
    [InlineData("/v1/instruction-sets/set_none", 404, "not-found")]
    [InlineData("/v1/instruction-sets/set_none/instructions", 404, "not-found")]
    [InlineData("/v1/nowhere", 404, "unknown-address")]
    [InlineData("/v1/instruction-sets?limit=0", 422, "invalid-page", "limit")]
    [InlineData("/v1/instruction-sets?limit=201", 422, "invalid-page", "limit")]
    [InlineData("/v1/instruction-sets?limit=many", 422, "invalid-parameter", "limit")]
    public async Task Missing_resources_and_bad_pages_are_problems(string path, int status, string code, params string[] fields) =>
        (await _service.GetAsync(path)).ShouldBeProblem(status, code, fields);

    [Fact]
    public async Task A_wrong_method_is_a_problem_with_a_code() =>
        (await _service.DeleteAsync("/v1/instruction-sets")).ShouldBeProblem(405, "method-not-allowed");

    [Fact]
    public async Task Sets_are_listed_newest_first_in_pages()
    {
        foreach (var name in new[] { "a", "b", "c" })
            await _service.PostAsync("/v1/instruction-sets", JsonNode.Parse($$"""{"name":"{{name}}","instructions":[{"prompt":"x"}]}""")!);

        var first = await _service.GetAsync("/v1/instruction-sets?limit=2");
        Names(first).ShouldBe(["c", "b"]);
        Names(await _service.GetAsync($"/v1/instruction-sets?limit=1&after={first["after"]}")).ShouldBe(["a"]);

        static IEnumerable<string> Names(Answer page) => page["data"].AsArray().Select(s => s!["name"]!.GetValue<string>());
    }
}
