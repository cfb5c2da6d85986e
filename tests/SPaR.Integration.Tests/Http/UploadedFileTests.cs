using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Serialization;
using Parquet;
using Parquet.Serialization;

namespace SPaR.Integration.Tests.Http;

/// <summary>Files of every kind, over HTTP, with every name that senders give them.</summary>
public sealed class UploadedFileTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Instructions = "/v1/instruction-sets?name=a&unknown=ignore";

    private readonly HttpService _service = shared.Service;

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("application/jsonl")]
    [InlineData("application/ndjson")]
    [InlineData("application/x-jsonlines")]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("text/csv")]
    [InlineData("application/octet-stream")]
    [InlineData("application/gzip")]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task The_content_decides_whatever_the_type_says(string? type)
    {
        byte[] lines = [.. "{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}"u8];
        byte[] csv = [.. "prompt,id\na,1\nb,2"u8];
        foreach (var file in new[] { lines, Zip(lines), csv, Zip(csv) })
            (await UploadAsync(Instructions, file, type)).ShouldBe(201)["count"].GetValue<int>().ShouldBe(2);
        (await UploadAsync(Instructions, Zip(lines), type, "gzip")).ShouldBe(201);
    }

    [Fact]
    public async Task Parquet_gives_the_same_rows_as_ndjson()
    {
        var parquet = await ParquetAsync([
            new() { Prompt = "q", Chosen = Chat("q", "c"), Rejected = Chat("q", "r"), Score = 1.5 },
            new() { Prompt = "ü", Chosen = Chat("ü", "d"), Rejected = Chat("ü", "") },
        ]);
        var dataset = (await UploadAsync("/v1/datasets?unknown=metadata", parquet, "application/vnd.apache.parquet")).ShouldBe(201);
        var lines = (await _service.PostAsync("/v1/datasets", """
            {"prompt":"q","chosen":"c","rejected":"r"}
            {"prompt":"ü","chosen":"d","rejected":""}
            """)).ShouldBe(201);

        dataset["upload"]!["file"]!.GetValue<string>().ShouldBe("parquet");
        dataset["upload"]!["format"]!.GetValue<string>().ShouldBe("trl");
        dataset["sha256"].GetValue<string>().ShouldBe(lines["sha256"].GetValue<string>());
        var row = (await _service.GetAsync($"/v1/datasets/{dataset.Id}/rows"))["data"][0]!;
        row["place"]!.GetValue<string>().ShouldBe("row 1");
        row["metadata"]!["Score"]!.GetValue<double>().ShouldBe(1.5);
        (await UploadAsync("/v1/datasets", Zip(parquet), null)).ShouldBe(201);
    }

    [Fact]
    public async Task Damaged_parquet_is_refused_and_never_holds_the_service()
    {
        var parquet = await ParquetAsync([new() { Prompt = "q", Chosen = [new("assistant", "c")], Rejected = [new("assistant", "r")] }]);
        var random = new Random(7);
        for (var i = 0; i < 6; i++)
        {
            var file = (byte[])parquet.Clone();
            for (var n = 0; n < 20; n++)
                file[random.Next(4, file.Length)] = (byte)random.Next(256);
            (await UploadAsync("/v1/datasets", file, null)).ShouldBeProblem(422, "invalid-dataset", "body");
        }

        (await UploadAsync("/v1/datasets", parquet[..40], null)).ShouldBeProblem(422, "invalid-dataset", "body").Saying("Parquet");
    }

    [Fact]
    public async Task Invalid_options_are_named() => (await _service.PostAsync(
        "/v1/instruction-sets?name=a&format=x&unknown=keep&map=prompt&last_answer=no", "{}", "text/plain"))
        .ShouldBeProblem(422, "invalid-upload", "format", "unknown", "map", "last_answer");

    [Fact]
    public async Task Skipped_instructions_are_counted_and_listed_by_pages()
    {
        var rows = string.Join('\n', Enumerable.Range(0, 100).Select(i => i % 4 == 0 ? "{\"prompt\":\"\"}" : $"{{\"prompt\":\"{i}\"}}"));

        var set = (await _service.PostAsync("/v1/instruction-sets?name=a&skip_invalid=true", rows)).ShouldBe(201);

        (set["count"].GetValue<int>(), set["upload"]!["skipped"]!.GetValue<int>()).ShouldBe((75, 25));
        set["upload"]!["first_skipped"]!.AsArray().Count.ShouldBe(20);
        var page = await _service.GetAsync($"/v1/instruction-sets/{set.Id}/skipped?limit=20");
        page["has_more"].GetValue<bool>().ShouldBeTrue();
        (await _service.GetAsync($"/v1/instruction-sets/{set.Id}/skipped?after={page["after"]}"))["data"].AsArray().Count.ShouldBe(5);
        (await _service.GetAsync($"/v1/instruction-sets/{set.Id}"))["upload"]!["skipped"]!.GetValue<int>().ShouldBe(25);
    }

    [Fact]
    public async Task A_benchmark_skips_duplicate_keys_and_reads_csv()
    {
        var set = (await _service.PostAsync("/v1/benchmarks?benchmark=multiple-choice&skip_invalid=true&unknown=ignore", """
            key,question,choices,answer,year
            a,Which?,"[""x"", ""y""]",1,2020
            a,Again?,"[""x"", ""y""]",B,2020
            b,Which?,"[""x"", ""y""]",B,2021
            """, "text/csv")).ShouldBe(201);

        (set["count"].GetValue<int>(), set["upload"]!["skipped"]!.GetValue<int>()).ShouldBe((2, 1));
        (await _service.GetAsync($"/v1/benchmarks/{set.Id}/skipped"))["data"][0]!["place"]!.GetValue<string>().ShouldBe("line 3");
        (await _service.DeleteAsync($"/v1/benchmarks/{set.Id}")).ShouldBe(204);
    }

    [Fact]
    public async Task Slow_senders_hold_no_database_connection()
    {
        // More than the pool has connections.
        var senders = new List<TcpClient>();
        for (var i = 0; i < 30; i++)
        {
            var sender = new TcpClient();
            senders.Add(sender);
            await sender.ConnectAsync(_service.Address.Host, _service.Address.Port);
            await sender.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/datasets HTTP/1.1\r\nHost: {_service.Address.Authority}\r\nAuthorization: Bearer {_service.Key}\r\n"
                + "Content-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n{\"prompt\":\"p\"}\n"));
        }

        for (var i = 0; i < 10; i++)
            (await _service.GetAsync("/v1/runs").WaitAsync(TimeSpan.FromSeconds(5))).ShouldBe(200);
        senders.ForEach(sender => sender.Dispose());
    }

    private static List<Message> Chat(string question, string answer) => [new("user", question), new("assistant", answer)];

    private static async Task<byte[]> ParquetAsync(IReadOnlyList<Preference> rows)
    {
        using var file = new MemoryStream();
        await ParquetSerializer.SerializeAsync(rows, file, new ParquetOptions { CompressionMethod = CompressionMethod.Zstd });
        return file.ToArray();
    }

    private static byte[] Zip(byte[] content)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
            gzip.Write(content);
        return file.ToArray();
    }

    private Task<Answer> UploadAsync(string path, byte[] file, string? type, string? encoding = null)
    {
        var body = new ByteArrayContent(file);
        if (type is not null)
            body.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null)
            body.Headers.ContentEncoding.Add(encoding);
        return _service.PostAsync(path, body);
    }

    /// <summary>A row with the names that published data sets have.</summary>
    private sealed class Preference
    {
        [JsonPropertyName("prompt")]
        public string? Prompt { get; set; }

        [JsonPropertyName("chosen")]
        public List<Message>? Chosen { get; set; }

        [JsonPropertyName("rejected")]
        public List<Message>? Rejected { get; set; }

        public double? Score { get; set; }
    }

    private sealed class Message
    {
        public Message()
        {
        }

        public Message(string role, string content) => (Role, Content) = (role, content);

        [JsonPropertyName("role")]
        public string? Role { get; set; }

        [JsonPropertyName("content")]
        public string? Content { get; set; }
    }
}
