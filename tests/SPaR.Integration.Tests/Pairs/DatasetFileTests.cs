using System.IO.Compression;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Pairs;

/// <summary>Datasets as files: every format in every kind of file, with ETag and ranges, and back again.</summary>
public sealed class DatasetFileTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Hostile = "é 😀 \\\"quoted\\\" \\u2028 \\n,;\\t </script>";

    private const string Preferences =
        "{\"prompt\":\"one " + Hostile + "\",\"chosen\":\"a\",\"rejected\":\"b\",\"source\":{\"page\":7}}\n"
        + "{\"prompt\":\"two\",\"chosen\":\"c " + Hostile + "\",\"rejected\":\"\"}";

    private const string Weighted =
        """{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"a","weight":0},"""
        + """{"role":"user","content":"q"},{"role":"assistant","content":"b"}]}""";

    private readonly HttpService _service = shared.Service;

    public static TheoryData<string, string> Files()
    {
        var data = new TheoryData<string, string>();
        foreach (var format in new[] { "spar", "trl", "trl-standard", "llamafactory", "openai" })
            foreach (var kind in new[] { "jsonl", "jsonl.gz", "parquet", "zip" })
                data.Add(format, kind);
        return data;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task What_is_exported_is_uploaded_again_unchanged(string format, string kind)
    {
        var dataset = await UploadAsync(Preferences);

        var file = await FileAsync(dataset.Id, $"format={format}&as={kind}");

        if (kind == "zip")
            file = Entry(file, "train.jsonl");
        var again = await _service.PostAsync("/v1/datasets?name=again", new ByteArrayContent(file));
        again.ShouldBe(201)["upload"]!["format"]!.GetValue<string>().ShouldBe(format);
        again["sha256"].GetValue<string>().ShouldBe(dataset["sha256"].GetValue<string>());
        if (format == "spar" && kind != "parquet")
            (await _service.GetAsync($"/v1/datasets/{again.Id}/rows"))["data"][0]!["metadata"]!["source"]!["page"]!.GetValue<int>()
                .ShouldBe(7);
    }

    [Theory]
    [InlineData("openai", "jsonl")]
    [InlineData("openai", "parquet")]
    [InlineData("spar", "jsonl.gz")]
    [InlineData("spar", "parquet")]
    public async Task Answers_that_are_not_learnt_stay_so(string format, string kind)
    {
        var dataset = await UploadAsync(Weighted);

        var again = await _service.PostAsync(
            "/v1/datasets", new ByteArrayContent(await FileAsync(dataset.Id, $"format={format}&as={kind}")));

        again.ShouldBe(201)["sha256"].GetValue<string>().ShouldBe(dataset["sha256"].GetValue<string>());
        foreach (var other in new[] { "trl", "llamafactory" })
            (await _service.GetAsync($"/v1/datasets/{dataset.Id}/file?format={other}")).ShouldBeProblem(409, "no-weights");
        (await _service.GetAsync($"/v1/datasets/{dataset.Id}/file?format=trl-standard")).ShouldBeProblem(409, "no-plain-form");
    }

    [Fact]
    public async Task A_file_has_a_strong_etag_ranges_and_head()
    {
        var dataset = await UploadAsync(Preferences);
        var address = $"/v1/datasets/{dataset.Id}/file?format=trl&as=jsonl.gz";
        var whole = await FileAsync(dataset.Id, "format=trl&as=jsonl.gz");
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(whole))}\"";

        var head = (await _service.SendAsync(HttpMethod.Head, address, null)).ShouldBe(200);
        (head.Headers["ETag"], head.Headers["Content-Length"], head.FileName)
            .ShouldBe((tag, $"{whole.Length}", $"{dataset.Id}-trl.jsonl.gz"));
        (await _service.SendAsync(HttpMethod.Get, address, null, ("If-None-Match", tag))).ShouldBe(304);
        (await _service.SendAsync(HttpMethod.Get, address, null, ("Range", $"bytes={whole.Length}-"))).ShouldBe(416);
        using var request = new HttpRequestMessage(HttpMethod.Get, address)
        {
            Headers = { Range = new(10, 19), IfRange = new(new EntityTagHeaderValue(tag)) },
        };
        using var part = await _service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        ((int)part.StatusCode).ShouldBe(206);
        (await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBe(whole[10..20]);
    }

    [Fact]
    public async Task Many_requests_at_once_get_one_file_and_it_goes_with_the_dataset()
    {
        var dataset = await UploadAsync(Preferences);

        var files = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => FileAsync(dataset.Id, "as=zip")));

        files.ShouldAllBe(file => file.SequenceEqual(files[0]));
        var folder = Path.Combine(_service.Models, "datasets", dataset.Id);
        Directory.GetFiles(folder).Select(Path.GetFileName).Order().ShouldBe(["spar.zip", "statistics-1.json"]);
        (await _service.DeleteAsync($"/v1/datasets/{dataset.Id}")).ShouldBe(204);
        Directory.Exists(folder).ShouldBeFalse();
    }

    [Fact]
    public async Task Folders_of_many_datasets_can_be_made_at_once()
    {
        var datasets = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => UploadAsync(Preferences)));

        var files = await Task.WhenAll(datasets.Select(d => FileAsync(d.Id, "as=zip")));

        files.ShouldAllBe(file => Entry(file, "train.jsonl").SequenceEqual(Entry(files[0], "train.jsonl")));
    }

    [Fact]
    public async Task A_zip_is_a_folder_for_a_hub()
    {
        var run = await shared.RunAsync(2);
        var made = (await _service.PostAsync(
            "/v1/datasets/from-runs", $$$"""{"name":"for: \"a hub\"","runs":["{{{run}}}"],"filters":{"min_value":0.5}}""")).ShouldBe(201);

        var zip = await FileAsync(made.Id, "format=llamafactory&as=zip");

        var card = Encoding.UTF8.GetString(Entry(zip, "README.md"));
        card.ShouldStartWith("---\npretty_name: \"for: \\u0022a hub\\u0022\"\n");
        foreach (var part in new[]
        {
            "task_categories:\n- text-generation\n", "size_categories:\n- n<1K\n", "    path: train.jsonl\n---\n",
            "# for: \"a hub\", version 1\n", "| rows | 2 |", made["sha256"].GetValue<string>(), run, "| min-value | 0 |", shared.Model,
            "\"strategy\": \"bfs\"", "| value of chosen | 0.8 |",
        })
            card.ShouldContain(part);
        var info = JsonNode.Parse(Entry(zip, "dataset_info.json"))!["for: \"a hub\""]!;
        (info["file_name"]!.GetValue<string>(), info["ranking"]!.GetValue<bool>()).ShouldBe(("train.jsonl", true));
        Encoding.UTF8.GetString(Entry(zip, "train.jsonl")).Split('\n').Length.ShouldBe(3);
    }

    [Fact]
    public async Task Statistics_say_what_a_dataset_is_like()
    {
        var run = await shared.RunAsync(3);
        var made = await _service.PostAsync("/v1/datasets/from-runs", $$"""{"name":"s","runs":["{{run}}"]}""");

        var frozen = (await _service.GetAsync($"/v1/datasets/{made.Id}/statistics")).ShouldBe(200);
        var uploaded = (await _service.GetAsync($"/v1/datasets/{(await UploadAsync($"{Preferences}\n{Preferences}")).Id}/statistics"));

        frozen["rows"].GetValue<int>().ShouldBe(3);
        (frozen["chosen_characters"]["min"]!.GetValue<double>(), frozen["chosen_value"]["mean"]!.GetValue<double>()).ShouldBe((13, 0.8));
        frozen["human"].ToJsonString().ShouldBe("""{"accept":0,"reject":0,"edit":0,"none":3}""");
        frozen["verifier"]["unchecked"]!.GetValue<int>().ShouldBe(3);
        (uploaded["rows"].GetValue<int>(), uploaded["duplicates"].GetValue<int>()).ShouldBe((4, 2));
        uploaded["near_duplicates"].ToJsonString().ShouldBe("""{"count":2,"of":4}""");
        uploaded.Json["similarity"].ShouldBeNull();
    }

    [Fact]
    public async Task The_dataset_viewers_routes_have_its_shapes()
    {
        var run = await shared.RunAsync(3);
        var made = await _service.PostAsync("/v1/datasets/from-runs", $$"""{"name":"viewed","runs":["{{run}}"]}""");
        var query = $"dataset={made.Id}&config=default&split=train";

        (await _service.GetAsync("/v1/dataset-viewer/splits?dataset=viewed")).ShouldBe(200).Text.ShouldBe(
            """{"splits":[{"dataset":"viewed","config":"default","split":"train"}],"pending":[],"failed":[]}""");
        var first = (await _service.GetAsync($"/v1/dataset-viewer/first-rows?{query}")).ShouldBe(200);
        first["features"][0]!.ToJsonString().ShouldBe(
            """{"feature_idx":0,"name":"prompt","type":{"feature":{"role":{"dtype":"string","_type":"Value"},"content":"""
            + """{"dtype":"string","_type":"Value"}},"_type":"List"}}""");
        first["truncated"].GetValue<bool>().ShouldBeFalse();
        var rows = (await _service.GetAsync($"/v1/dataset-viewer/rows?{query}&offset=1&length=1")).ShouldBe(200);
        (rows["num_rows_total"].GetValue<int>(), rows["num_rows_per_page"].GetValue<int>(), rows["partial"].GetValue<bool>())
            .ShouldBe((3, 100, false));
        var row = rows["rows"].AsArray().ShouldHaveSingleItem()!;
        (row["row_idx"]!.GetValue<int>(), row["row"]!["chosen"]!.GetValue<string>()).ShouldBe((1, "a good answer"));
        row["truncated_cells"]!.AsArray().ShouldBeEmpty();
        var statistics = (await _service.GetAsync($"/v1/dataset-viewer/statistics?{query}")).ShouldBe(200);
        statistics["num_examples"].GetValue<int>().ShouldBe(3);
        statistics["statistics"].AsArray().Select(c => $"{c!["column_name"]} {c["column_type"]}").ShouldBe([
            "prompt list", "chosen string_text", "rejected string_text", "chosen_value float", "rejected_value float", "similarity float",
            "verifier_agrees bool", "human string_label"]);
        statistics["statistics"][1]!["column_statistics"]!.ToJsonString().ShouldBe(
            """{"nan_count":0,"nan_proportion":0,"min":13,"max":13,"mean":13,"median":13,"std":0,"histogram":"""
            + """{"hist":[3],"bin_edges":[13,13]}}""");
        (await _service.GetAsync($"/v1/dataset-viewer/rows?{query}&length=101")).ShouldBeProblem(422, "invalid-parameter", "length");
        (await _service.GetAsync($"/v1/dataset-viewer/rows?dataset={made.Id}&config=x&split=train")).ShouldBeProblem(404, "not-found");
    }

    [Theory]
    [InlineData("format=csv", "unknown-format", "format")]
    [InlineData("as=xlsx", "invalid-parameter", "as")]
    public async Task Other_formats_are_refused(string query, string code, string field) =>
        (await _service.GetAsync($"/v1/datasets/ds_1/file?{query}")).ShouldBeProblem(422, code, field);

    [Fact]
    public async Task A_dataset_that_does_not_exist_has_no_file()
    {
        (await _service.GetAsync("/v1/datasets/ds_1/file")).ShouldBeProblem(404, "not-found");
        (await _service.GetAsync("/v1/datasets/ds_1/statistics")).ShouldBeProblem(404, "not-found");
        (await _service.GetAsync("/v1/dataset-viewer/splits")).ShouldBeProblem(404, "not-found");
    }

    private async Task<Answer> UploadAsync(string rows) =>
        (await _service.PostAsync("/v1/datasets?name=files&unknown=metadata", rows, "application/x-ndjson")).ShouldBe(201);

    private async Task<byte[]> FileAsync(string id, string query)
    {
        using var answer = await _service.Client.GetAsync($"/v1/datasets/{id}/file?{query}", TestContext.Current.CancellationToken);
        var bytes = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        ((int)answer.StatusCode).ShouldBe(200, Encoding.UTF8.GetString(bytes));
        return bytes;
    }

    private static byte[] Entry(byte[] zip, string name)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        using var stream = archive.GetEntry(name)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
