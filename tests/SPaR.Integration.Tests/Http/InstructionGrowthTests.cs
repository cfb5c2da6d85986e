using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Http;

/// <summary>Instruction sets that grow, are exported, and are looked at before they are stored.</summary>
public sealed class InstructionGrowthTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Lines = "application/x-ndjson";

    private readonly HttpService _service = shared.Service;

    [Fact]
    public async Task Rows_are_added_after_those_that_there_are()
    {
        var set = await SubmitAsync("""{"prompt":"one"}""");

        var added = (await AddAsync(set, "{\"prompt\":\"two\"}\n{\"prompt\":\"three\"}")).ShouldBe(200);

        (added["added"].GetValue<int>(), added["set"]["count"]!.GetValue<int>()).ShouldBe((2, 3));
        (await PromptsAsync(set)).ShouldBe(["0 one", "1 two", "2 three"]);
        (await AddAsync(set, """{"prompt":" "}""")).ShouldBeProblem(422, "invalid-instructions", "line 1: prompt");
        (await AddAsync("set_1", """{"prompt":"a"}""")).ShouldBeProblem(404, "not-found");
        (await PromptsAsync(set)).Length.ShouldBe(3);
    }

    [Fact]
    public async Task Files_that_come_at_once_are_both_added_and_skipped_rows_are_all_listed()
    {
        var set = (await _service.PostAsync(
            "/v1/instruction-sets?name=s&skip_invalid=true", "{\"prompt\":\"one\"}\n{}", Lines)).ShouldBe(201).Id;

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(
            i => AddAsync(set, $$"""{"prompt":"more {{i}}"}""" + "\n{}", "&skip_invalid=true")));

        answers.ShouldAllBe(a => a.Status == 200);
        (await PromptsAsync(set)).Select(p => p.Split(' ')[0]).ShouldBe(["0", "1", "2", "3", "4"]);
        (await _service.GetAsync($"/v1/instruction-sets/{set}/skipped"))["data"].AsArray().Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_run_keeps_the_instructions_that_the_set_had()
    {
        var set = await SubmitAsync("""{"prompt":"one"}""");
        var held = new TaskCompletionSource();
        shared.Engine.Gate = held.Task;
        var run = (await _service.PostAsync(
            "/v1/runs", new JsonObject { ["instruction_set"] = set, ["actor"] = shared.Model })).ShouldBe(201).Id;
        (await AddAsync(set, """{"prompt":"two"}""")).ShouldBe(200);
        held.SetResult();

        var ended = await _service.WaitForRunAsync(run, status => status == "succeeded");

        ended["progress"]["total"]!.GetValue<int>().ShouldBe(1);
        var later = (await _service.PostAsync(
            "/v1/runs", new JsonObject { ["instruction_set"] = set, ["actor"] = shared.Model })).ShouldBe(201);
        later["progress"]["total"]!.GetValue<int>().ShouldBe(2);
        await _service.WaitForRunAsync(later.Id, status => status == "succeeded");
    }

    [Fact]
    public async Task Rows_that_repeat_others_are_counted_and_named()
    {
        const string Long = "Write a short story about a lighthouse keeper who finds a message in a bottle and answers it.";
        var set = (await _service.PostAsync(
            "/v1/instruction-sets?name=s", $$"""
            {"prompt":"{{Long}}"}
            {"prompt":"{{Long}}"}
            {"prompt":"{{Long.ToUpperInvariant()}}"}
            {"prompt":"{{Long}}","constraints":[{"id":"punctuation:no_comma"}]}
            """, Lines)).ShouldBe(201);

        set["upload"]["duplicates"]!.ToJsonString().ShouldBe(
            """{"exact":1,"near":2,"compared":4,"first":[{"place":"line 2","of":0},"""
            + """{"place":"line 3","of":null},{"place":"line 4","of":null}]}""");
        (await AddAsync(set.Id, $$"""{"prompt":"{{Long}}"}"""))["upload"]["duplicates"]!["first"]!.ToJsonString()
            .ShouldBe("""[{"place":"line 1","of":0}]""");
    }

    [Fact]
    public async Task An_exported_set_can_be_submitted_again()
    {
        var set = await SubmitAsync(
            """{"prompt":"one \u00e9 \ud83d\ude00","constraints":[{"id":"punctuation:no_comma"}],"metadata":{"k":[1,null]}}""" + "\n"
            + """{"messages":[{"role":"system","content":"s"},{"role":"user","content":"two"}]}""");

        var exported = (await _service.GetAsync($"/v1/instruction-sets/{set}/export")).ShouldBe(200);
        var again = await SubmitAsync(exported.Text);

        exported.FileName.ShouldBe($"{set}.jsonl");
        (await _service.GetAsync($"/v1/instruction-sets/{again}/export")).Text.ShouldBe(exported.Text);
        (await _service.GetAsync("/v1/instruction-sets/set_1/export")).ShouldBeProblem(404, "not-found");
    }

    [Theory]
    [InlineData("/v1/instruction-sets?name=a&unknown=ignore", "prompt,extra\na,1\nb,2", "csv", "chat", 2)]
    [InlineData("/v1/datasets?name=a", "{\"prompt\":\"p\",\"chosen\":\"c\",\"rejected\":\"r\"}", "ndjson", "trl-standard", 1)]
    [InlineData(
        "/v1/benchmarks?benchmark=ifeval",
        """[{"key":1,"prompt":"p","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}]""", "json", "ifeval", 1)]
    public async Task A_preview_shows_how_a_file_is_understood_and_stores_nothing(
        string address, string body, string file, string format, int rows)
    {
        var list = address.Split('?')[0];
        var before = (await _service.GetAsync(list)).Text;

        var preview = (await _service.PostAsync($"{address}&preview=true", body, Lines)).ShouldBe(200);

        (preview["file"].GetValue<string>(), preview["format"].GetValue<string>(), preview["rows"].GetValue<int>())
            .ShouldBe((file, format, rows));
        preview["first"].AsArray().Count.ShouldBe(rows);
        preview["errors"].AsArray().ShouldBeEmpty();
        (await _service.GetAsync(list)).Text.ShouldBe(before);
    }

    [Fact]
    public async Task A_preview_shows_the_errors_that_an_upload_would_have()
    {
        var preview = (await _service.PostAsync(
            "/v1/instruction-sets?name=a&preview=true", "{\"prompt\":\"a\"}\n{\"prompt\":\" \"}", Lines)).ShouldBe(200);
        (await _service.PostAsync("/v1/benchmarks?benchmark=ifeval&preview=true", string.Join('\n', Enumerable.Repeat(
            """{"key":1,"prompt":"p","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}""", 2)), Lines)).ShouldBe(200)
            ["errors"][0]!["field"]!.GetValue<string>().ShouldBe("line 2");
        var unreadable = (await _service.PostAsync("/v1/datasets?preview=true", "PAR1 and nothing", Lines)).ShouldBe(200);

        (preview["rows"].GetValue<int>(), preview["errors"][0]!["field"]!.GetValue<string>()).ShouldBe((1, "line 2: prompt"));
        unreadable["errors"][0]!["field"]!.GetValue<string>().ShouldBe("body");
    }

    private async Task<string> SubmitAsync(string rows) =>
        (await _service.PostAsync("/v1/instruction-sets?name=s", rows, Lines)).ShouldBe(201).Id;

    private Task<Answer> AddAsync(string set, string rows, string query = "") =>
        _service.PostAsync($"/v1/instruction-sets/{set}/instructions?{query.TrimStart('&')}", rows, Lines);

    private async Task<string[]> PromptsAsync(string set) =>
    [
        .. (await _service.GetAsync($"/v1/instruction-sets/{set}/instructions"))["data"].AsArray()
            .Select(i => $"{i!["ordinal"]} {i["messages"]![0]!["content"]}"),
    ];
}
