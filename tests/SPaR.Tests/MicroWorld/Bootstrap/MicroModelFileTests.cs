using SPaR.Gguf;
using SPaR.MicroWorld;
using SPaR.MicroWorld.Bootstrap;

namespace SPaR.Tests.MicroWorld.Bootstrap;

public sealed class MicroModelFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("spar-first-").FullName, "first.gguf");

    public MicroModelFileTests()
    {
        using var stream = File.Create(_path);
        MicroModelFile.WriteFirst(stream, 5);
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void The_first_file_has_the_tokeniser_and_template_of_the_model_that_ships()
    {
        var (first, shipped) = (GgufReader.Read(_path), GgufReader.Read(MicroModel.Path));

        var keys = shipped.Metadata.Keys.Where(key => key.StartsWith("tokenizer.", StringComparison.Ordinal)).ToList();
        keys.Count.ShouldBeGreaterThan(9);
        first.Metadata.Keys.Where(key => key.StartsWith("tokenizer.", StringComparison.Ordinal)).ShouldBe(keys, ignoreOrder: true);
        foreach (var key in keys)
            BytesOf(_path, first, key).ShouldBe(BytesOf(MicroModel.Path, shipped, key), key);
    }

    [Fact]
    public void The_first_file_has_the_tensors_of_the_model_that_ships()
    {
        static IEnumerable<string> Tensors(string path) =>
            GgufReader.Read(path).Tensors.Select(t => $"{t.Name} {t.Type.Name} {string.Join('x', t.Dimensions)}");

        Tensors(_path).ShouldBe(Tensors(MicroModel.Path));
    }

    [Fact]
    public void A_trained_file_is_written_with_its_own_weights_under_the_same_description()
    {
        var again = Path.ChangeExtension(_path, "again.gguf");
        using (var stream = File.Create(again))
            MicroModelFile.WriteTrained(stream, _path, 5);

        File.ReadAllBytes(again).ShouldBe(File.ReadAllBytes(_path));
    }

    private static byte[] BytesOf(string path, GgufFile file, string key)
    {
        var entry = file.Entries.Single(e => e.Key == key);
        return File.ReadAllBytes(path)[(int)entry.Offset..(int)(entry.Offset + entry.Length)];
    }
}
