using System.CommandLine;
using System.Text.Json.Nodes;
using SPaR.Cli.Commands;
using SPaR.Client;

namespace SPaR.Tests.Cli;

public sealed class UploadOptionTests : IDisposable
{
    private const string Entry = """{"file_name":"out.jsonl","formatting":"sharegpt","ranking":true,"columns":{},"tags":{}}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar-upload-");
    private readonly TestTerminal _terminal = new();
    private readonly CannedService _service = new CannedService()
        .On("GET /v1/runs/run_1/preferences/dataset-info?file=out.jsonl", $$"""{ "run_1": {{Entry}} }""");

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("--map prompt=a.b --map metadata=c&d --unknown ignore", "&unknown=ignore&map=prompt%3Da.b&map=metadata%3Dc%26d")]
    [InlineData("--skip-invalid", "&skip_invalid=true")]
    public async Task The_options_become_the_query_of_the_upload(string arguments, string query)
    {
        var upload = new UploadArguments();
        var command = new Command("upload");
        foreach (var option in upload.Options)
            command.Options.Add(option);

        _service.On($"POST /v1/datasets?format=auto{query}", """{ "id": "ds_1" }""");
        var read = upload.Read(command.Parse(arguments));

        (await _service.Client.UploadDatasetAsync(new MemoryStream(), "auto", read.Unknown, read.Map, read.SkipInvalid)).Id
            .ShouldBe("ds_1");
    }

    [Fact]
    public void What_the_service_left_out_is_said()
    {
        UploadArguments.Report(_terminal.Terminal, SparJson.Deserialize<UploadReport>("""
            {
              "columns": { "ignored": ["id", "source"] }, "skipped": 5,
              "first_skipped": [{ "place": "line 3", "errors": [{ "field": "line 3: prompt", "message": "is empty." }] }]
            }
            """));

        _terminal.Err.ShouldContain("left out the columns id, source");
        _terminal.Err.ShouldContain("skipped 5 rows:");
        _terminal.Err.ShouldContain("line 3: prompt: is empty.");
    }

    [Fact]
    public async Task The_entry_of_an_export_is_added_to_those_of_others()
    {
        var exported = new FileInfo(Path.Combine(_folder.FullName, "out.jsonl"));
        var info = Path.Combine(_folder.FullName, "dataset_info.json");
        await File.WriteAllTextAsync(info, """{ "other": { "file_name": "x" } }""", TestContext.Current.CancellationToken);

        await DatasetInfoFile.AddAsync(_service.Client, "run_1", exported, CancellationToken.None);

        JsonNode.Parse(await File.ReadAllTextAsync(info, TestContext.Current.CancellationToken))!.ToJsonString()
            .ShouldBe($$"""{"other":{"file_name":"x"},"run_1":{{Entry}}}""");
        await File.WriteAllTextAsync(info, "[]", TestContext.Current.CancellationToken);
        (await Should.ThrowAsync<CommandException>(() => DatasetInfoFile.AddAsync(_service.Client, "run_1", exported, default)))
            .Message.ShouldContain("not a JSON object");
    }
}
