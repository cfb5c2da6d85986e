using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace SPaR.Integration.Tests.Http;

/// <summary>Model files that come over HTTP.</summary>
public sealed class ModelUploadTests(PostgresFixture postgres) : IAsyncLifetime
{
    private HttpService _service = null!;
    private byte[] _content = [];

    public async ValueTask InitializeAsync()
    {
        _service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var file = Path.Combine(_service.Models, "tiny");
        TinyGguf.Write(file);
        _content = await File.ReadAllBytesAsync(file);
        File.Delete(file);
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    private string Sha256 => Convert.ToHexStringLower(SHA256.HashData(_content));

    [Fact]
    public async Task A_file_is_stored_registered_and_deleted_with_its_model()
    {
        var model = (await UploadAsync("path=mine/tiny.gguf&name=mine", _content)).ShouldBe(201);

        (model["name"].GetValue<string>(), model["path"].GetValue<string>(), model["sha256"].GetValue<string>())
            .ShouldBe(("mine", "mine/tiny.gguf", Sha256));
        (await File.ReadAllBytesAsync(Path.Combine(_service.Models, "mine/tiny.gguf"))).ShouldBe(_content);
        (await UploadAsync("path=mine/tiny.gguf", _content)).ShouldBe(200).Id.ShouldBe(model.Id, "sent again");
        (await _service.DeleteAsync($"/v1/models/{model.Id}?file=true")).ShouldBe(204);
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_announced_hash_is_compared_with_what_arrives()
    {
        (await UploadAsync($"path=a.gguf&sha256={Sha256.ToUpperInvariant()}", _content)).ShouldBe(201);
        (await UploadAsync("path=b.gguf", _content, $"sha-256=:{Convert.ToBase64String(SHA256.HashData(_content))}:")).ShouldBe(201);
        (await UploadAsync($"path=c.gguf&sha256={Sha256}", _content[..^1])).ShouldBeProblem(422, "digest-mismatch", "body");
        (await UploadAsync("path=d.gguf", _content, "sha-256=:AAAA:")).ShouldBeProblem(422, "invalid-digest", "Content-Digest");
        (await UploadAsync("path=d.gguf&sha256=12", _content)).ShouldBeProblem(422, "invalid-digest", "sha256");
        Files().ShouldBe(["a.gguf", "b.gguf"]);
    }

    [Fact]
    public async Task A_file_that_is_refused_leaves_nothing()
    {
        (await UploadAsync("path=bad.gguf", [1, 2, 3])).Status.ShouldBe(422);
        (await UploadAsync("path=cut.gguf", _content[..^8])).Status.ShouldBe(422);
        (await UploadAsync("path=t.gguf&template=none", _content)).ShouldBeProblem(422, "unknown-template", "template");
        (await UploadAsync("path=a.bin", _content)).ShouldBeProblem(422, "invalid-path", "path");
        (await UploadAsync("path=../a.gguf", _content)).ShouldBeProblem(422, "outside-models-folder", "path");
        (await UploadAsync("", _content)).ShouldBeProblem(422, "invalid-path", "path");
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_file_at_the_path_stays()
    {
        (await UploadAsync("path=a.gguf", _content)).ShouldBe(201);
        Directory.CreateDirectory(Path.Combine(_service.Models, "folder.gguf"));

        (await UploadAsync("path=a.gguf", [1, 2, 3])).ShouldBeProblem(409, "file-exists");
        (await UploadAsync("path=folder.gguf", _content)).ShouldBeProblem(409, "file-exists");
        (await UploadAsync("path=a.gguf/b.gguf", _content)).ShouldBeProblem(409, "file-exists");
        (await File.ReadAllBytesAsync(Path.Combine(_service.Models, "a.gguf"))).ShouldBe(_content);
    }

    [Fact]
    public async Task Of_uploads_to_one_path_at_once_one_is_registered()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => UploadAsync("path=a.gguf", _content)));

        answers.Select(a => a.Status).ShouldAllBe(status => status == 200 || status == 201);
        Files().ShouldBe(["a.gguf"]);
    }

    [Fact]
    public async Task The_file_of_a_person_is_not_deleted()
    {
        await File.WriteAllBytesAsync(Path.Combine(_service.Models, "own.gguf"), _content);
        var model = (await _service.PostAsync("/v1/models", """{"path":"own.gguf"}""")).ShouldBe(201).Id;

        (await _service.DeleteAsync($"/v1/models/{model}?file=true")).ShouldBeProblem(409, "file-not-trained");
    }

    private string[] Files() =>
    [
        .. Directory.EnumerateFiles(_service.Models, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(_service.Models, f)).Where(f => f != "key").Order(StringComparer.Ordinal),
    ];

    private Task<Answer> UploadAsync(string query, byte[] content, string? digest = null)
    {
        var body = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        return digest is null
            ? _service.PostAsync($"/v1/models/file?{query}", body)
            : _service.SendAsync(HttpMethod.Post, $"/v1/models/file?{query}", body, ("Content-Digest", digest));
    }
}
