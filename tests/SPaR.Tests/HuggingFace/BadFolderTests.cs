using System.Text.Json.Nodes;
using SPaR.Gguf;
using SPaR.HuggingFace;
using SPaR.HuggingFace.Safetensors;

namespace SPaR.Tests.HuggingFace;

public sealed class BadFolderTests
{
    public static TheoryData<string, string, string, string, string> Configs => new()
    {
        { "llama", "model_type", "\"bert\"", "unknown-architecture", "bert" },
        { "llama", "architectures", "[\"LlamaForSequenceClassification\"]", "unknown-architecture", "LlamaForSequenceClassification" },
        { "llama", "num_hidden_layers", "3", "config-mismatch", "model.layers.2.input_layernorm.weight" },
        { "llama", "num_hidden_layers", "1", "unknown-tensor", "model.layers.1." },
        { "llama", "num_hidden_layers", "2000000000", "config-mismatch", "2000000000 layers" },
        { "llama", "num_hidden_layers", "0", "malformed", "num_hidden_layers" },
        { "llama", "num_hidden_layers", "\"2\"", "malformed", "num_hidden_layers" },
        { "llama", "hidden_size", "64", "config-mismatch", "model.embed_tokens.weight" },
        { "llama", "intermediate_size", "47", "config-mismatch", "mlp.gate_proj.weight" },
        { "llama", "head_dim", "16", "config-mismatch", "self_attn.q_proj.weight" },
        { "llama", "num_key_value_heads", "3", "malformed", "num_key_value_heads" },
        { "llama", "num_key_value_heads", "4", "config-mismatch", "self_attn.k_proj.weight" },
        { "llama", "vocab_size", "500", "config-mismatch", "model.embed_tokens.weight" },
        { "llama", "rms_norm_eps", "null", "malformed", "rms_norm_eps" },
        { "llama", "rope_theta", "-1", "malformed", "rope_theta" },
        { "llama", "hidden_act", "\"gelu\"", "unsupported-config", "hidden_act" },
        { "llama", "mlp_bias", "true", "unsupported-config", "mlp_bias" },
        { "llama", "rope_scaling", "{\"type\":\"dynamic\",\"factor\":2.0}", "unsupported-config", "rope_type" },
        { "llama", "quantization_config", "{\"quant_method\":\"gptq\"}", "unsupported-config", "quantization_config" },
        { "llama", "tie_word_embeddings", "true", "head-mismatch", "lm_head.weight" },
        { "qwen2", "sliding_window", "64", "unsupported-config", "sliding_window" },
        { "chatglm", "add_bias_linear", "true", "unsupported-config", "add_bias_linear" },
        { "gemma3", "sliding_window_pattern", "2", "unsupported-config", "sliding_window_pattern" },
        { "gemma3", "layer_types", "[\"sliding_attention\",\"full_attention\"]", "unsupported-config", "layer_types" },
        { "gemma3", "query_pre_attn_scalar", "4", "unsupported-config", "query_pre_attn_scalar" },
        { "gemma3", "tie_word_embeddings", "false", "head-mismatch", "lm_head.weight" },
    };

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_config_that_contradicts_the_tensors_or_cannot_be_computed_is_refused_by_field_or_tensor(
        string family, string field, string value, string code, string named)
    {
        using var folder = TinyFolder.Of(family);
        folder.Config[field] = JsonNode.Parse(value);
        Refused(folder, code, named);
    }

    [Theory]
    [InlineData("F64", "unsupported-dtype")]
    [InlineData("F8_E4M3", "unsupported-dtype")]
    [InlineData("I32", "unsupported-dtype")]
    public void Weights_of_another_type_are_refused(string type, string code)
    {
        using var folder = TinyFolder.Of("llama");
        var dtype = SafetensorsType.Find(type)!;
        folder.Tensors["model.norm.weight"] = (dtype, [TinyFolder.Width], new byte[TinyFolder.Width * dtype.Bits / 8]);
        Refused(folder, code, "model.norm.weight");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_number_that_is_none_or_infinite_is_refused_in_every_type(float number)
    {
        foreach (var (type, bytes) in new[]
        {
            (SafetensorsType.F32, BitConverter.GetBytes(number)), (SafetensorsType.F16, BitConverter.GetBytes((Half)number)),
            (SafetensorsType.BF16, BitConverter.GetBytes(number)[2..]),
        })
        {
            using var folder = TinyFolder.Of("qwen3", type);
            bytes.CopyTo(folder.Tensors["model.layers.1.mlp.up_proj.weight"].Bytes.AsSpan(bytes.Length * 77));
            Refused(folder, "not-finite", "model.layers.1.mlp.up_proj.weight");
        }
    }

    [Fact]
    public void A_missing_and_an_unknown_tensor_are_named()
    {
        using var folder = TinyFolder.Of("qwen2");
        folder.Add("model.layers.0.mlp.experts.weight", SafetensorsType.F16, 2, 2);
        Refused(folder, "unknown-tensor", "model.layers.0.mlp.experts.weight");
        folder.Tensors.Remove("model.layers.0.mlp.experts.weight");
        folder.Tensors.Remove("model.layers.1.self_attn.v_proj.weight");
        Refused(folder, "config-mismatch", "model.layers.1.self_attn.v_proj.weight");
    }

    [Fact]
    public void A_missing_head_is_refused_unless_the_config_ties_it()
    {
        using var folder = TinyFolder.Of("llama");
        folder.Tensors.Remove("lm_head.weight");
        Refused(folder, "head-mismatch", "lm_head.weight");
        folder.Config["tie_word_embeddings"] = true;
        HuggingFaceImport.Run(folder.Write().Path, folder.Gguf);
    }

    public static TheoryData<string, string, string, string> Tokenizers => new()
    {
        { "model/type", "\"WordPiece\"", "unknown-tokenizer", "WordPiece" },
        { "model/continuing_subword_prefix", "\"##\"", "unknown-tokenizer", "continuing_subword_prefix" },
        { "normalizer", "{\"type\":\"Lowercase\"}", "unknown-tokenizer", "Lowercase" },
        { "pre_tokenizer", "{\"type\":\"Whitespace\"}", "unknown-tokenizer", "Whitespace" },
        { "pre_tokenizer/pretokenizers/0/pattern", "{\"Regex\":\"\\\\p{L}+\"}", "unknown-tokenizer", "pre_tokenizer" },
        { "pre_tokenizer/pretokenizers/0/behavior", "\"Removed\"", "unknown-tokenizer", "pre_tokenizer" },
        { "pre_tokenizer/pretokenizers/1/add_prefix_space", "true", "unknown-tokenizer", "pre_tokenizer" },
        { "model/vocab/h", "100000", "tokenizer-mismatch", "100000" },
        { "model/vocab/h", "5", "malformed", "the id 5" },
        { "model/vocab/h", "-1", "malformed", "model.vocab.h" },
        { "model/merges/0", "\"he\"", "malformed", "merges" },
        { "model/merges/0", "[\"h\",\"e\",\"x\"]", "malformed", "merges" },
        { "model", "null", "malformed", "model" },
        { "model/vocab", "{}", "malformed", "model.vocab" },
        { "added_tokens/0/id", "null", "malformed", "added_tokens[0].id" },
        { "added_tokens", "{}", "malformed", "added_tokens" },
    };

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void A_tokenizer_of_another_kind_is_refused_with_what_it_has(string field, string value, string code, string named)
    {
        using var folder = TinyFolder.Of("llama");
        var parts = field.Split('/');
        JsonNode node = folder.Tokenizer.Json;
        foreach (var part in parts[..^1])
            node = node is JsonArray list ? list[int.Parse(part)]! : node[part]!;
        if (node is JsonArray array)
            array[int.Parse(parts[^1])] = JsonNode.Parse(value);
        else
            node[parts[^1]] = JsonNode.Parse(value);
        Refused(folder, code, named);
    }

    [Fact]
    public void Merges_that_no_score_can_express_are_refused()
    {
        using var folder = TinyFolder.Of("mistral");
        folder.Tokenizer.Json["model"]!["merges"] = new JsonArray("▁t he", "h e", "▁ the", "▁t h e");
        Refused(folder, "unknown-tokenizer", "merges");
    }

    [Fact]
    public void A_special_token_that_the_tokenizer_does_not_have_is_refused()
    {
        using var folder = TinyFolder.Of("llama");
        folder.Tokenizer.Settings["eos_token"] = "<|other|>";
        Refused(folder, "malformed", "eos_token");
    }

    [Fact]
    public void Every_missing_file_is_named()
    {
        using var folder = TinyFolder.Of("llama").Write();
        foreach (var name in new[] { "config.json", "tokenizer.json", "model.safetensors" })
        {
            folder.Write();
            File.Delete(Path.Combine(folder.Path, name));
            Should.Throw<ModelRejectedException>(() => HuggingFaceImport.Run(folder.Path, folder.Gguf)).Message.ShouldContain(name);
        }
        foreach (var name in new[] { "config.json", "tokenizer.json", "tokenizer_config.json" })
            foreach (var text in new[] { "", "[]", "{", "{\"a\":1,\"a\":2}", "\0" })
            {
                folder.Write();
                File.WriteAllText(Path.Combine(folder.Path, name), text);
                var e = Should.Throw<ModelRejectedException>(() => HuggingFaceImport.Run(folder.Path, folder.Gguf));
                (e.Code, e.Message).ShouldSatisfyAllConditions(
                    () => e.Code.ShouldBe("malformed"), () => e.Message.ShouldContain(name));
            }
    }

    [Fact]
    public void A_quantised_model_and_an_existing_folder_are_refused_by_export()
    {
        using var folder = TinyFolder.Of("qwen3").Write();
        HuggingFaceImport.Run(folder.Path, folder.Gguf);
        var file = GgufReader.Read(folder.Gguf);
        var writer = new GgufWriter().AddMetadataOf(folder.Gguf, file, _ => false);
        foreach (var tensor in file.Tensors)
        {
            var type = tensor.Name == "blk.1.ffn_up.weight" ? GgufTensorType.Find(8)! : tensor.Type;
            writer.Add(tensor.Name, type, tensor.Dimensions, w => w.Write(new byte[(tensor with { Type = type }).Bytes]));
        }
        var quantised = Path.Combine(folder.Path, "quantised.gguf");
        using (var stream = File.Create(quantised))
            writer.Write(stream);

        var e = Should.Throw<ModelRejectedException>(() => HuggingFaceExport.Run(quantised, folder.Path + "-none"));
        (e.Code, Path.Exists(folder.Path + "-none")).ShouldBe(("quantised-model", false));
        e.Message.ShouldContain("blk.1.ffn_up.weight");
        Should.Throw<ModelRejectedException>(() => HuggingFaceExport.Run(folder.Gguf, folder.Path)).Code.ShouldBe("folder-exists");
    }

    private static void Refused(TinyFolder folder, string code, string named)
    {
        var e = Should.Throw<ModelRejectedException>(() => HuggingFaceImport.Run(folder.Write().Path, folder.Gguf));
        e.Message.ShouldContain(named);
        e.Message.ShouldStartWith(folder.Path);
        e.Code.ShouldBe(code);
        // Nothing is written before everything was checked.
        Path.Exists(folder.Gguf).ShouldBeFalse();
        Path.Exists(folder.Gguf + ".writing").ShouldBeFalse();
    }
}
