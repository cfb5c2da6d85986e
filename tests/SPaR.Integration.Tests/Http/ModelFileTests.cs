using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using SPaR.Cli.Commands;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Integration.Tests.Http;

public sealed class ModelFileTests(PostgresFixture postgres) : IAsyncLifetime
{
    private HttpService _service = null!;
    private Answer _model = null!;
    private byte[] _content = [];

    private string Address => $"/v1/models/{_model.Id}/file";

    private string File => Path.Combine(_service.Models, "tiny.gguf");

    public async ValueTask InitializeAsync()
    {
        _service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        TinyGguf.Write(File);
        _content = await System.IO.File.ReadAllBytesAsync(File);
        _model = (await _service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201);
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_file_comes_with_its_name_its_hash_and_its_length()
    {
        using var answer = await AskAsync(HttpMethod.Get);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(_content);
        answer.Headers.ETag.ShouldBe(new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(_content))}\""));
        answer.Headers.AcceptRanges.ShouldBe(["bytes"]);
        answer.Content.Headers.ContentDisposition!.ToString().ShouldStartWith("attachment; filename=tiny.gguf");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
    }

    [Fact]
    public async Task Head_returns_the_headers_only()
    {
        using var answer = await AskAsync(HttpMethod.Head);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentLength.ShouldBe(_content.Length);
        answer.Headers.ETag.ShouldNotBeNull();
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_range_comes_alone_unless_the_file_is_another_by_now()
    {
        using var part = await AskAsync(HttpMethod.Get, r => (r.Range, r.IfRange) = (new(10, 19), new(Tag)));
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        part.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes 10-19/{_content.Length}");
        (await part.Content.ReadAsByteArrayAsync()).ShouldBe(_content[10..20]);

        using var whole = await AskAsync(HttpMethod.Get, r => (r.Range, r.IfRange) = (new(10, 19), new("\"00\"")));
        whole.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var beyond = await AskAsync(HttpMethod.Get, r => r.Range = new(_content.Length, null));
        beyond.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    [Fact]
    public async Task A_client_that_has_the_file_gets_304()
    {
        using var answer = await AskAsync(HttpMethod.Get, r => r.IfNoneMatch.Add(new(Tag)));

        answer.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_missing_or_changed_file_is_not_served()
    {
        (await _service.GetAsync("/v1/models/mdl_none/file")).ShouldBeProblem(404, "not-found");
        // Same length, later time: only the content differs.
        await System.IO.File.WriteAllBytesAsync(File, [.. _content[..^1], (byte)(_content[^1] ^ 1)]);
        (await _service.GetAsync(Address)).ShouldBeProblem(409, "model-file-changed").Saying("tiny.gguf");
        await System.IO.File.WriteAllBytesAsync(File, [.. _content, 0]);
        (await _service.GetAsync(Address)).ShouldBeProblem(409, "model-file-changed");
        System.IO.File.Delete(File);
        (await _service.GetAsync(Address)).ShouldBeProblem(409, "model-file-missing");
        System.IO.File.CreateSymbolicLink(File, "/etc/hostname");
        (await _service.GetAsync(Address)).ShouldBeProblem(409, "model-file-missing");
    }

    /// <summary>A folder that comes back from a backup has new times.</summary>
    [Fact]
    public async Task A_file_that_was_put_back_as_it_was_is_sent()
    {
        System.IO.File.SetLastWriteTimeUtc(File, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1));

        (await _service.GetAsync(Address)).ShouldBe(200);
    }

    [Fact]
    public async Task Pull_writes_the_file_under_its_name_and_leaves_another_one_alone()
    {
        using var folder = new Folder();
        var target = Path.Combine(folder.Path, "tiny.gguf");

        (await PullAsync("tiny", folder.Path)).ShouldContain($"{target}: tiny, {_content.Length} bytes, SHA-256 {Tag.Trim('"')}");

        (await System.IO.File.ReadAllBytesAsync(target)).ShouldBe(_content);
        (await PullAsync(_model.Id, target)).ShouldContain(target);
        await System.IO.File.WriteAllTextAsync(target, "mine");
        (await Should.ThrowAsync<CommandException>(() => PullAsync("tiny.gguf", target))).Message.ShouldContain("--output");
        (await System.IO.File.ReadAllTextAsync(target)).ShouldBe("mine");
        (await Should.ThrowAsync<CommandException>(() => PullAsync("none", target))).Message.ShouldContain("'none'");
        System.IO.File.Delete(File);
        var lost = await Should.ThrowAsync<SparApiException>(() => PullAsync("tiny", Path.Combine(folder.Path, "new")));
        lost.Code.ShouldBe("not-fetched");
        lost.Message.ShouldContain("tiny.gguf");
    }

    private string Tag => $"\"{Convert.ToHexStringLower(SHA256.HashData(_content))}\"";

    private async Task<string> PullAsync(string model, string output)
    {
        var said = new StringWriter();
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(said) });
        console.Profile.Width = 1000;
        await PullCommand.RunAsync(
            new(new SparClient(_service.Client), new Terminal(console, console), Json: false, TimeProvider.System), model, output,
            TestContext.Current.CancellationToken);
        return said.ToString();
    }

    private async Task<HttpResponseMessage> AskAsync(HttpMethod method, Action<HttpRequestHeaders>? headers = null)
    {
        using var request = new HttpRequestMessage(method, Address);
        headers?.Invoke(request.Headers);
        return await _service.Client.SendAsync(request);
    }

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("spar-pull-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
