using System.Text.Json.Nodes;
using SPaR.Gguf;
using SPaR.HuggingFace;
using SPaR.HuggingFace.Safetensors;

namespace SPaR.Tests.HuggingFace;

public sealed class PeftTests : IDisposable
{
    private const int Rank = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("spar-peft-").FullName;
    private readonly JsonObject _config = JsonNode.Parse("""
        {"peft_type":"LORA","task_type":"CAUSAL_LM","base_model_name_or_path":"meta-llama/Llama-3.1-8B-Instruct","r":4,"lora_alpha":16,
        "lora_dropout":0.05,"bias":"none","target_modules":["q_proj","v_proj"],"modules_to_save":null,"use_dora":false,"use_rslora":false,
        "rank_pattern":{},"alpha_pattern":{},"fan_in_fan_out":false}
        """)!.AsObject();

    private readonly Dictionary<string, (SafetensorsType Type, long[] Shape, byte[] Bytes)> _tensors = [];

    private string Adapter => Path.Combine(_folder, "adapter.gguf");

    [Theory]
    [InlineData("llama", "model.layers.{0}.self_attn.q_proj", "model.layers.{0}.self_attn.v_proj")]
    [InlineData("qwen3", "model.layers.{0}.self_attn.k_proj", "model.layers.{0}.mlp.down_proj")]
    [InlineData("chatglm", "transformer.encoder.layers.{0}.self_attention.query_key_value",
        "transformer.encoder.layers.{0}.mlp.dense_h_to_4h")]
    [InlineData("gemma3", "model.layers.{0}.self_attn.q_proj", "model.layers.{0}.mlp.gate_proj")]
    public void An_adapter_comes_back_from_GGUF_bit_for_bit_with_its_config(string family, params string[] targets)
    {
        using var folder = Base(family);
        foreach (var type in new[] { SafetensorsType.F32, SafetensorsType.BF16 })
        {
            Fill(folder, type, targets);
            PeftImport.Run(Written(), folder.Gguf, Adapter);
            var back = Path.Combine(_folder, "back-" + type.Name);
            PeftExport.Run(Adapter, folder.Gguf, back);

            File.ReadAllText(Path.Combine(back, "adapter_config.json")).ShouldBe(_config.ToJsonString());
            var tensors = SafetensorsFolder.Read(back, "adapter_model");
            tensors.Keys.ShouldBe(_tensors.Keys, ignoreOrder: true);
            foreach (var (name, tensor) in tensors)
                Bytes(tensor).ShouldBe(_tensors[name].Bytes, name);
        }
    }

    /// <summary>What the adapter adds to a matrix is permuted as the matrix itself is.</summary>
    [Fact]
    public void The_rows_of_Llamas_queries_are_permuted_in_B_alone()
    {
        using var folder = Base("llama");
        Fill(folder, SafetensorsType.F32, "model.layers.{0}.self_attn.q_proj");
        PeftImport.Run(Written(), folder.Gguf, Adapter);

        var gguf = GgufReader.Read(Adapter);
        gguf.Metadata["adapter.lora.alpha"].ShouldBe(16.0);
        Data(gguf, "blk.0.attn_q.weight.lora_a").ShouldBe(_tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"].Bytes);
        var (b, permuted) = (_tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"].Bytes,
            Data(gguf, "blk.0.attn_q.weight.lora_b"));
        // Head width 8: rows 0, 4, 1, 5, …
        const int Row = Rank * sizeof(float);
        permuted[Row..(2 * Row)].ShouldBe(b[(4 * Row)..(5 * Row)]);
        permuted[(2 * Row)..(3 * Row)].ShouldBe(b[Row..(2 * Row)]);
    }

    [Fact]
    public void Rank_stabilised_scaling_becomes_alpha_and_comes_back_as_it_was()
    {
        using var folder = Base("llama");
        _config["use_rslora"] = true;
        Fill(folder, SafetensorsType.F32, "model.layers.{0}.self_attn.q_proj");
        PeftImport.Run(Written(), folder.Gguf, Adapter);
        // alpha / sqrt(rank) = 16 / 2, and alpha' / rank = 32 / 4.
        GgufReader.Read(Adapter).Metadata["adapter.lora.alpha"].ShouldBe(32.0);
        PeftExport.Run(Adapter, folder.Gguf, Path.Combine(_folder, "back"));
        File.ReadAllText(Path.Combine(_folder, "back", "adapter_config.json")).ShouldBe(_config.ToJsonString());
    }

    [Fact]
    public void A_trained_adapter_gets_a_config_that_names_its_matrices()
    {
        using var folder = Base("llama");
        var writer = new GgufWriter().Add("general.type", "adapter").Add("general.architecture", "llama").Add("adapter.type", "lora")
            .Add("adapter.lora.alpha", 8f);
        for (var i = 0; i < TinyFolder.Layers; i++)
            writer.Add($"blk.{i}.attn_q.weight.lora_a", new float[TinyFolder.Width * Rank], TinyFolder.Width, Rank)
                .Add($"blk.{i}.attn_q.weight.lora_b", new float[TinyFolder.Width * Rank], Rank, TinyFolder.Width);
        using (var stream = File.Create(Adapter))
            writer.Write(stream);
        PeftExport.Run(Adapter, folder.Gguf, Path.Combine(_folder, "back"));

        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "back", "adapter_config.json")))!;
        config["target_modules"]!.AsArray().Select(t => t!.GetValue<string>()).ShouldBe(["q_proj"]);
        (config["r"]!.GetValue<int>(), config["lora_alpha"]!.GetValue<double>()).ShouldBe((Rank, 8));
    }

    public static TheoryData<string, string, string> Configs => new()
    {
        { "peft_type", "\"IA3\"", "unsupported-adapter" },
        { "use_dora", "true", "unsupported-adapter" },
        { "bias", "\"all\"", "unsupported-adapter" },
        { "modules_to_save", "[\"lm_head\"]", "unsupported-adapter" },
        { "rank_pattern", "{\"q_proj\":8}", "unsupported-adapter" },
        { "alpha_pattern", "{\"q_proj\":8}", "unsupported-adapter" },
        { "fan_in_fan_out", "true", "unsupported-adapter" },
        { "r", "0", "malformed" },
        { "r", "8", "adapter-mismatch" },
        { "r", "2000000000", "adapter-mismatch" },
        { "lora_alpha", "0", "malformed" },
        { "lora_alpha", "\"16\"", "malformed" },
    };

    [Theory]
    [MemberData(nameof(Configs))]
    public void What_llamacpp_cannot_apply_is_refused_by_name(string field, string value, string code)
    {
        using var folder = Base("llama");
        Fill(folder, SafetensorsType.F32, "model.layers.{0}.self_attn.q_proj");
        _config[field] = JsonNode.Parse(value);
        Refused(folder, code, field == "r" && code == "adapter-mismatch" ? "self_attn.q_proj" : field);
    }

    [Theory]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "malformed")]
    [InlineData("base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", "adapter-mismatch")]
    [InlineData("base_model.model.model.layers.0.self_attn.query.lora_A.weight", "adapter-mismatch")]
    [InlineData("base_model.model.model.embed_tokens.lora_embedding_A", "unsupported-adapter")]
    [InlineData("base_model.model.lm_head.weight", "unsupported-adapter")]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector.weight", "unsupported-adapter")]
    [InlineData("model.layers.0.self_attn.q_proj.lora_A.weight", "unsupported-adapter")]
    public void Tensors_without_a_partner_of_another_kind_or_for_another_base_are_refused_by_name(string name, string code)
    {
        using var folder = Base("llama");
        _tensors[name] = (SafetensorsType.F32, [Rank, TinyFolder.Width], new byte[Rank * TinyFolder.Width * 4]);
        if (code == "adapter-mismatch")
            _tensors[name.Replace("lora_A", "lora_B")] = (SafetensorsType.F32, [TinyFolder.Width, Rank],
                new byte[Rank * TinyFolder.Width * 4]);
        Refused(folder, code, code == "adapter-mismatch" ? name["base_model.model.".Length..^".lora_A.weight".Length] : name);
    }

    [Fact]
    public void An_adapter_with_NaN_or_of_another_type_is_refused()
    {
        using var folder = Base("llama");
        Fill(folder, SafetensorsType.F32, "model.layers.{0}.self_attn.q_proj");
        const string Name = "base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight";
        BitConverter.GetBytes(float.NaN).CopyTo(_tensors[Name].Bytes.AsSpan(40));
        Refused(folder, "not-finite", Name);
        _tensors[Name] = (SafetensorsType.Find("I32")!, _tensors[Name].Shape, _tensors[Name].Bytes);
        Refused(folder, "unsupported-dtype", Name);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static TinyFolder Base(string family)
    {
        var folder = TinyFolder.Of(family).Write();
        HuggingFaceImport.Run(folder.Path, folder.Gguf);
        return folder;
    }

    private void Fill(TinyFolder folder, SafetensorsType type, params string[] targets)
    {
        _tensors.Clear();
        foreach (var target in targets)
            for (var layer = 0; layer < TinyFolder.Layers; layer++)
            {
                var name = string.Format(null, target, layer);
                var shape = folder.Tensors[name + ".weight"].Shape;
                Add($"base_model.model.{name}.lora_A.weight", Rank, shape[1]);
                Add($"base_model.model.{name}.lora_B.weight", shape[0], Rank);
            }

        void Add(string name, params long[] shape)
        {
            var bytes = new byte[shape[0] * shape[1] * type.Bits / 8];
            for (var i = 0; i < bytes.Length; i++)
                // Small numbers in every type.
                bytes[i] = (byte)((i * 37 + name.Length) % 60);
            _tensors[name] = (type, shape, bytes);
        }
    }

    private string Written()
    {
        var writer = new SafetensorsWriter("adapter_model");
        foreach (var (name, tensor) in _tensors)
            writer.Add(name, tensor.Type, [.. tensor.Shape], s => s.Write(tensor.Bytes));
        writer.Write(_folder);
        File.WriteAllText(Path.Combine(_folder, "adapter_config.json"), _config.ToJsonString());
        return _folder;
    }

    private void Refused(TinyFolder folder, string code, string named)
    {
        var e = Should.Throw<ModelRejectedException>(() => PeftImport.Run(Written(), folder.Gguf, Adapter));
        e.Message.ShouldContain(named);
        e.Code.ShouldBe(code);
        File.Exists(Adapter).ShouldBeFalse();
    }

    private byte[] Data(GgufFile file, string name)
    {
        var tensor = file.Tensors.Single(t => t.Name == name);
        return File.ReadAllBytes(Adapter).AsSpan((int)(file.DataOffset + tensor.Offset), (int)tensor.Bytes).ToArray();
    }

    private static byte[] Bytes(LocatedTensor tensor) =>
        File.ReadAllBytes(tensor.Path).AsSpan((int)tensor.Tensor.Offset, (int)tensor.Tensor.Bytes).ToArray();
}
