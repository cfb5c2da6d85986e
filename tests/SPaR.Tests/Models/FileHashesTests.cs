using SPaR.Service.Models;

namespace SPaR.Tests.Models;

public sealed class FileHashesTests : IDisposable
{
    private readonly FileHashes _hashes = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-hashes-").FullName;

    private string Model => Path.Combine(_folder, "m.gguf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_changed_with_its_size_and_time_kept_has_another_hash(bool isReplaced)
    {
        await File.WriteAllTextAsync(Model, "one");
        var before = await _hashes.OfAsync(Model, default);
        var written = File.GetLastWriteTimeUtc(Model);
        if (isReplaced)
        {
            await File.WriteAllTextAsync($"{Model}.new", "two");
            File.SetLastWriteTimeUtc($"{Model}.new", written);
            File.Move($"{Model}.new", Model, overwrite: true);
        }
        else
        {
            await File.WriteAllTextAsync(Model, "two");
            File.SetLastWriteTimeUtc(Model, written);
        }

        (await _hashes.OfAsync(Model, default)).ShouldNotBe(before);
        await File.WriteAllTextAsync(Model, "one");
        (await _hashes.OfAsync(Model, default)).ShouldBe(before);
    }

    [Fact]
    public async Task A_directory_is_refused_and_a_file_in_its_place_is_read()
    {
        Directory.CreateDirectory(Model);
        (await Should.ThrowAsync<ModelRejectedException>(_hashes.OfAsync(Model, default))).Code.ShouldBe("not-a-regular-file");
        Directory.Delete(Model);
        await File.WriteAllTextAsync(Model, "one");
        (await _hashes.OfAsync(Model, default)).Length.ShouldBe(64);
    }
}
