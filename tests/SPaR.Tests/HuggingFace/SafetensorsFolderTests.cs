using SPaR.HuggingFace.Safetensors;

namespace SPaR.Tests.HuggingFace;

public sealed class SafetensorsFolderTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";

    private readonly string _folder = Directory.CreateTempSubdirectory("spar-shards-").FullName;

    [Fact]
    public void What_the_writer_writes_is_read_back_from_one_file()
    {
        Write(shardBytes: 1000);

        Directory.GetFiles(_folder).Select(Path.GetFileName).ShouldBe(["model.safetensors"]);
        ReadBack().ShouldBe([("a", 0), ("b", 1), ("c", 2)]);
    }

    [Fact]
    public void Shards_hold_at_most_so_many_bytes_and_an_index_lists_them()
    {
        Write(shardBytes: 20);

        Directory.GetFiles(_folder).Select(Path.GetFileName).ShouldBe(
            ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", Index], ignoreOrder: true);
        ReadBack().ShouldBe([("a", 0), ("b", 1), ("c", 2)]);
    }

    [Fact]
    public void A_tensor_of_the_wrong_size_is_not_written()
    {
        Should.Throw<InvalidOperationException>(
            () => new SafetensorsWriter().Add("a", SafetensorsType.F32, [2], s => s.Write(new byte[7])).Write(_folder));
        Directory.GetFiles(_folder).ShouldBeEmpty();
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        Write(shardBytes: 20);
        File.Delete(Path.Combine(_folder, "model-00002-of-00002.safetensors"));
        Refused("missing-shard", "model-00002-of-00002.safetensors");
    }

    [Fact]
    public void A_tensor_in_two_shards_is_refused()
    {
        Write(shardBytes: 20);
        File.Copy(Shard(1), Shard(2), overwrite: true);
        Refused("duplicate-tensor", "the tensor 'a'");
    }

    [Fact]
    public void A_tensor_that_the_index_lists_elsewhere_or_not_at_all_is_refused()
    {
        Write(shardBytes: 20);
        var index = File.ReadAllText(Path.Combine(_folder, Index));
        File.WriteAllText(Path.Combine(_folder, Index), index.Replace("\"a\": \"model-00001", "\"a\": \"model-00002"));
        Refused("index-mismatch", "the tensor 'a'");
        File.WriteAllText(Path.Combine(_folder, Index), index.Replace("\"c\"", "\"d\""));
        Refused("index-mismatch", "the tensor 'c'");
        File.WriteAllText(Path.Combine(_folder, Index),
            index.Replace("\"weight_map\": {", "\"weight_map\": { \"z\": \"model-00001-of-00002.safetensors\","));
        Refused("index-mismatch", "the tensor 'z'");
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("model.bin")]
    [InlineData("")]
    public void An_index_cannot_name_a_file_elsewhere(string shard)
    {
        File.WriteAllText(Path.Combine(_folder, Index), $"{{\"weight_map\":{{\"a\":\"{shard}\"}}}}");
        Refused("malformed", shard);
    }

    [Fact]
    public void A_folder_without_weights_or_with_two_kinds_is_refused()
    {
        Refused("not-found", "model.safetensors");
        Write(shardBytes: 1000);
        File.WriteAllText(Path.Combine(_folder, Index), "{}");
        Refused("index-mismatch", "both");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Shard(int number) => Path.Combine(_folder, $"model-0000{number}-of-00002.safetensors");

    private void Write(long shardBytes)
    {
        var writer = new SafetensorsWriter(shardBytes: shardBytes);
        foreach (var (name, i) in new[] { "a", "b", "c" }.Select((n, i) => (n, i)))
            writer.Add(name, SafetensorsType.F16, [2, 2], s => s.Write([(byte)i, .. new byte[7]]));
        writer.Write(_folder);
    }

    private IEnumerable<(string Name, int First)> ReadBack() =>
        SafetensorsFolder.Read(_folder).Values.OrderBy(t => t.Name).Select(t =>
        {
            using var file = File.OpenRead(t.Path);
            file.Position = t.Tensor.Offset;
            return (t.Name, file.ReadByte());
        });

    private void Refused(string code, string reason)
    {
        var e = Should.Throw<ModelRejectedException>(() => SafetensorsFolder.Read(_folder));
        e.Message.ShouldContain(reason);
        e.Code.ShouldBe(code);
    }
}
