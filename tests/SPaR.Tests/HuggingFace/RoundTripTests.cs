using System.Text.Json.Nodes;
using SPaR.Gguf;
using SPaR.HuggingFace;
using SPaR.HuggingFace.Safetensors;

namespace SPaR.Tests.HuggingFace;

public sealed class RoundTripTests
{
    public static TheoryData<string> Families => ["llama", "mistral", "qwen2", "qwen3", "chatglm", "glm", "glm4", "gemma3"];

    [Theory]
    [MemberData(nameof(Families))]
    public void A_folder_comes_back_from_GGUF_bit_for_bit(string family)
    {
        foreach (var type in new[] { SafetensorsType.BF16, SafetensorsType.F16, SafetensorsType.F32 })
        {
            using var folder = TinyFolder.Of(family, type).Write();
            HuggingFaceImport.Run(folder.Path, folder.Gguf);
            using var back = new Temporary(folder.Path + "-back");
            HuggingFaceExport.Run(folder.Gguf, back.Path);

            Same(TinyFolder.ReadTensors(back.Path), TinyFolder.ReadTensors(folder.Path));
            foreach (var name in new[] { "config.json", "tokenizer_config.json" })
                File.ReadAllText(Path.Combine(back.Path, name)).ShouldBe(File.ReadAllText(Path.Combine(folder.Path, name)));
            JsonNode.DeepEquals(Json(back.Path, "tokenizer.json"), Json(folder.Path, "tokenizer.json")).ShouldBeTrue();
        }
    }

    /// <summary>A file that did not come from a folder: its config and tokenizer are written from the metadata.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void A_GGUF_comes_back_from_a_folder_with_the_same_tensors_and_settings(string family)
    {
        using var folder = TinyFolder.Of(family).Write();
        if (family == "llama")
            // What Meta published; any other scaling cannot be told from the factors alone.
            folder.Config["rope_scaling"]!["original_max_position_embeddings"] = 8192;
        HuggingFaceImport.Run(folder.Write().Path, folder.Gguf);
        using var stranger = new Temporary(folder.Path + "-stranger.gguf");
        Forget(folder.Gguf, stranger.Path);
        using var back = new Temporary(folder.Path + "-back");
        using var again = new Temporary(folder.Path + "-again.gguf");

        HuggingFaceExport.Run(stranger.Path, back.Path);
        HuggingFaceImport.Run(back.Path, again.Path);

        var (before, after) = (GgufReader.Read(stranger.Path), GgufReader.Read(again.Path));
        after.Tensors.Select(t => (t.Name, t.Type.Name, string.Join("x", t.Dimensions)))
            .ShouldBe(before.Tensors.Select(t => (t.Name, t.Type.Name, string.Join("x", t.Dimensions))));
        foreach (var (a, b) in before.Tensors.Zip(after.Tensors))
            Data(stranger.Path, before, a).ShouldBe(Data(again.Path, after, b), a.Name);
        foreach (var (key, value) in before.Metadata.Where(m => m.Key != "general.name"))
            if (value is GgufArray list)
                Elements(again.Path, (GgufArray)after.Metadata[key]).ShouldBe(Elements(stranger.Path, list), key);
            else
                after.Metadata[key].ShouldBe(value, key);
    }

    [Fact]
    public void Shards_come_back_as_the_same_tensors()
    {
        using var folder = TinyFolder.Of("qwen3").Write(shardBytes: 10_000);
        Directory.GetFiles(folder.Path, "model-*.safetensors").Length.ShouldBeGreaterThan(3);
        HuggingFaceImport.Run(folder.Path, folder.Gguf);
        using var back = new Temporary(folder.Path + "-back");
        HuggingFaceExport.Run(folder.Gguf, back.Path);
        Same(TinyFolder.ReadTensors(back.Path), TinyFolder.ReadTensors(folder.Path));
    }

    [Fact]
    public void A_head_that_is_a_copy_of_the_embedding_comes_back_although_GGUF_has_it_once()
    {
        using var folder = TinyFolder.Of("qwen2");
        folder.Config["tie_word_embeddings"] = true;
        folder.Tensors["lm_head.weight"] = folder.Tensors["model.embed_tokens.weight"];
        HuggingFaceImport.Run(folder.Write().Path, folder.Gguf);
        GgufReader.Read(folder.Gguf).Tensors.ShouldNotContain(t => t.Name == "output.weight");
        using var back = new Temporary(folder.Path + "-back");
        HuggingFaceExport.Run(folder.Gguf, back.Path);
        Same(TinyFolder.ReadTensors(back.Path), TinyFolder.ReadTensors(folder.Path));
    }

    [Fact]
    public void Progress_goes_from_nothing_to_all()
    {
        using var folder = TinyFolder.Of("llama").Write();
        List<double> shares = [];
        HuggingFaceImport.Run(folder.Path, folder.Gguf, shares.Add);
        shares.ShouldBe(shares.Order());
        shares[^1].ShouldBe(1, 1e-9);
    }

    [Fact]
    public void A_cancelled_import_leaves_nothing()
    {
        using var folder = TinyFolder.Of("llama").Write();
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(
            () => HuggingFaceImport.Run(folder.Path, folder.Gguf, share => stop.Cancel(), stop.Token));
        Path.Exists(folder.Gguf).ShouldBeFalse();
        Path.Exists(folder.Gguf + ".writing").ShouldBeFalse();
    }

    private static void Same(
        Dictionary<string, (string Type, string Shape, byte[] Bytes)> actual,
        Dictionary<string, (string Type, string Shape, byte[] Bytes)> expected)
    {
        actual.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (name, tensor) in expected)
        {
            actual[name].Type.ShouldBe(tensor.Type, name);
            actual[name].Shape.ShouldBe(tensor.Shape, name);
            actual[name].Bytes.ShouldBe(tensor.Bytes, name);
        }
    }

    /// <summary>Copies a file without what it keeps of its folder.</summary>
    private static void Forget(string path, string target)
    {
        var file = GgufReader.Read(path);
        var writer = new GgufWriter().AddMetadataOf(path, file, key => key.StartsWith("huggingface.", StringComparison.Ordinal));
        foreach (var tensor in file.Tensors)
            writer.Add(tensor.Name, tensor.Type, tensor.Dimensions, w => w.Write(Data(path, file, tensor)));
        using var stream = File.Create(target);
        writer.Write(stream);
    }

    private static byte[] Data(string path, GgufFile file, GgufTensor tensor)
    {
        using var stream = File.OpenRead(path);
        stream.Position = file.DataOffset + tensor.Offset;
        var bytes = new byte[tensor.Bytes];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static IEnumerable<object> Elements(string path, GgufArray list) => list.ElementType switch
    {
        GgufValueType.String => list.ReadStrings(path).Cast<object>(),
        GgufValueType.Float32 => list.ReadSingles(path).Cast<object>(),
        _ => list.ReadIntegers(path).Cast<object>(),
    };

    private static JsonNode Json(string folder, string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name)))!;

    private sealed record Temporary(string Path) : IDisposable
    {
        public void Dispose()
        {
            if (Directory.Exists(Path))
                Directory.Delete(Path, recursive: true);
            File.Delete(Path);
        }
    }
}
