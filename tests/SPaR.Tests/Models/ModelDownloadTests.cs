using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace SPaR.Tests.Models;

public sealed class ModelDownloadTests : IDisposable
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))];
    private static readonly string Sha256 = Convert.ToHexStringLower(SHA256.HashData(Content));

    private readonly string _folder = Directory.CreateTempSubdirectory("spar-download-").FullName;
    private readonly ScriptedService _service = new();

    private string Target => Path.Combine(_folder, "trained", "m.gguf");

    private string Side => $"{Target}.{Sha256[..16]}.part";

    public void Dispose()
    {
        _service.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_file_is_downloaded_whole_and_no_part_remains()
    {
        await FetchAsync();

        (await File.ReadAllBytesAsync(Target)).ShouldBe(Content);
        Directory.GetFiles(Path.GetDirectoryName(Target)!).ShouldBe([Target]);
        _service.Asked.ShouldBe([null]);
        await FetchAsync();
        _service.Asked.Count.ShouldBe(1, "it is there");
    }

    [Fact]
    public async Task A_broken_download_is_resumed_for_the_rest_only()
    {
        _service.CutAfter.Enqueue(2000);
        _service.CutAfter.Enqueue(1500);

        await FetchAsync();

        _service.Asked.ShouldBe([null, 2000, 3500]);
        (await File.ReadAllBytesAsync(Target)).ShouldBe(Content);
    }

    [Fact]
    public async Task A_part_left_by_an_earlier_process_is_resumed()
    {
        await LeaveAsync(Content[..1234]);

        await FetchAsync();

        _service.Asked.ShouldBe([1234]);
        (await File.ReadAllBytesAsync(Target)).ShouldBe(Content);
    }

    [Fact]
    public async Task A_damaged_part_is_downloaded_again_from_the_start()
    {
        await LeaveAsync(new byte[1234]);

        await FetchAsync();

        _service.Asked.ShouldBe([1234, null]);
        (await File.ReadAllBytesAsync(Target)).ShouldBe(Content);
    }

    [Fact]
    public async Task A_service_that_knows_no_ranges_is_taken_from_the_start()
    {
        await LeaveAsync(Content[..1234]);
        _service.KnowsRanges = false;

        await FetchAsync();

        (await File.ReadAllBytesAsync(Target)).ShouldBe(Content);
    }

    [Fact]
    public async Task A_file_with_another_hash_is_never_put_in_place()
    {
        _service.Sent = [.. Content[..^1], 0];

        var error = await Should.ThrowAsync<ModelRejectedException>(FetchAsync);

        error.Code.ShouldBe("not-fetched");
        error.Message.ShouldContain("/v1/models/m/file");
        error.Message.ShouldContain(Sha256);
        File.Exists(Target).ShouldBeFalse();
        File.Exists(Side).ShouldBeFalse();
        _service.Asked.ShouldBe([null, null]);
    }

    [Fact]
    public async Task A_file_of_another_content_is_replaced()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        await File.WriteAllBytesAsync(Target, new byte[Content.Length]);

        await FetchAsync();

        (await File.ReadAllBytesAsync(Target)).ShouldBe(Content);
    }

    [Fact]
    public async Task Another_content_at_the_service_is_refused()
    {
        _service.Tag = "\"00\"";

        (await Should.ThrowAsync<ModelRejectedException>(FetchAsync)).Code.ShouldBe("not-fetched");
        File.Exists(Target).ShouldBeFalse();
    }

    [Fact]
    public async Task A_file_that_is_too_long_is_refused()
    {
        _service.Sent = [.. Content, 1];

        (await Should.ThrowAsync<ModelRejectedException>(FetchAsync)).Message.ShouldContain("5000 bytes");
    }

    [Fact]
    public async Task A_refusal_shows_the_services_own_message()
    {
        _service.Refusal = new(HttpStatusCode.Unauthorized)
        {
            Content = new StringContent("""{"detail":"Show a key."}""", new MediaTypeHeaderValue("application/problem+json")),
        };

        (await Should.ThrowAsync<ModelRejectedException>(FetchAsync)).Message
            .ShouldEndWith("Show a key.");
        _service.Asked.Count.ShouldBe(1, "asking again does not help");
    }

    [Fact]
    public async Task Of_two_concurrent_downloads_of_a_file_only_one_fetches_it()
    {
        await Task.WhenAll(FetchAsync(), FetchAsync());

        _service.Asked.Count.ShouldBe(1);
        Directory.GetFiles(Path.GetDirectoryName(Target)!).ShouldBe([Target]);
    }

    private async Task FetchAsync()
    {
        using var http = new HttpClient(_service, disposeHandler: false) { BaseAddress = new("http://service/") };
        await new ModelDownload(http, TimeProvider.System).FetchAsync(
            "v1/models/m/file", Sha256, Content.Length, Target, null, TestContext.Current.CancellationToken);
    }

    private Task LeaveAsync(byte[] part)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Side)!);
        return File.WriteAllBytesAsync(Side, part);
    }

    private sealed class ScriptedService : HttpMessageHandler
    {
        public byte[] Sent { get; set; } = Content;

        public string Tag { get; set; } = $"\"{Sha256}\"";

        public bool KnowsRanges { get; set; } = true;

        public HttpResponseMessage? Refusal { get; set; }

        /// <summary>Bytes until the connection breaks, per request.</summary>
        public Queue<int> CutAfter { get; } = [];

        /// <summary>Start of each request's range; null without a range.</summary>
        public List<long?> Asked { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var from = request.Headers.Range?.Ranges.Single().From;
            Asked.Add(from);
            // Long enough for another request, if nothing prevented it.
            await Task.Delay(50, cancellationToken);
            if (Refusal is not null)
                return Refusal;
            if (from is not null)
                request.Headers.IfRange!.EntityTag!.Tag.ShouldBe($"\"{Sha256}\"");
            var rest = KnowsRanges && from is { } start ? Sent[(int)start..] : Sent;
            var body = CutAfter.TryDequeue(out var bytes) ? new CutStream(rest[..bytes]) : new MemoryStream(rest);
            return new(KnowsRanges && from is not null ? HttpStatusCode.PartialContent : HttpStatusCode.OK)
            {
                Content = new StreamContent(body),
                Headers = { ETag = new(Tag) },
            };
        }
    }

    private sealed class CutStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw new HttpIOException(HttpRequestError.ResponseEnded);
    }
}
