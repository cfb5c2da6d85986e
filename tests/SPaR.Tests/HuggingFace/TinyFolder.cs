using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.HuggingFace.Safetensors;

namespace SPaR.Tests.HuggingFace;

/// <summary>A Hugging Face folder with random weights and a small vocabulary, as published models have them. The names of tensors are
/// written out, so that they do not follow those of the code under test.</summary>
internal sealed class TinyFolder : IDisposable
{
    public const int Layers = 2, Width = 32, Heads = 4, Shared = 2, Head = 8, Inner = 48;

    private readonly Dictionary<string, (SafetensorsType Type, ImmutableArray<long> Shape, byte[] Bytes)> _tensors = [];
    private uint _state = 1;

    private TinyFolder(string family, JsonObject config, TinyTokenizer tokenizer)
    {
        (Family, Config, Tokenizer) = (family, config, tokenizer);
    }

    public string Family { get; }

    public string Path { get; } = Directory.CreateTempSubdirectory("spar-hf-").FullName;

    public string Gguf => Path + ".gguf";

    public JsonObject Config { get; }

    public TinyTokenizer Tokenizer { get; }

    /// <summary>Rows of the embedding: more than there are tokens, as in Qwen.</summary>
    public int Rows => Tokenizer.Tokens + 5;

    public IDictionary<string, (SafetensorsType Type, ImmutableArray<long> Shape, byte[] Bytes)> Tensors => _tensors;

    /// <param name="family">llama, mistral, qwen2, qwen3, chatglm, glm, glm4 or gemma3.</param>
    public static TinyFolder Of(string family, SafetensorsType? type = null)
    {
        var tokenizer = family switch
        {
            "mistral" => TinyTokenizer.Pieces(prefix: true),
            "gemma3" => TinyTokenizer.Pieces(prefix: false),
            "qwen2" or "qwen3" => TinyTokenizer.Qwen(),
            "llama" => TinyTokenizer.Llama(),
            _ => TinyTokenizer.Glm(),
        };
        var folder = new TinyFolder(family, ConfigOf(family), tokenizer);
        folder.Config[family == "chatglm" ? "padded_vocab_size" : "vocab_size"] = folder.Rows;
        foreach (var (name, shape) in TinyTensors.Of(family, folder.Rows))
            folder.Add(name, type ?? SafetensorsType.BF16, shape);
        return folder;
    }

    /// <summary>Writes the files; returns itself.</summary>
    public TinyFolder Write(long shardBytes = 5_000_000_000)
    {
        foreach (var file in Directory.GetFiles(Path))
            File.Delete(file);
        File.WriteAllText(System.IO.Path.Combine(Path, "config.json"), Config.ToJsonString());
        File.WriteAllText(System.IO.Path.Combine(Path, "tokenizer.json"), Tokenizer.Json.ToJsonString());
        File.WriteAllText(System.IO.Path.Combine(Path, "tokenizer_config.json"), Tokenizer.Settings.ToJsonString());
        var writer = new SafetensorsWriter(shardBytes: shardBytes);
        foreach (var (name, tensor) in _tensors)
            writer.Add(name, tensor.Type, tensor.Shape, s => s.Write(tensor.Bytes));
        writer.Write(Path);
        return this;
    }

    public void Add(string name, SafetensorsType type, params long[] shape)
    {
        var count = shape.Aggregate(1L, (a, b) => a * b);
        var bytes = new List<byte>();
        for (var i = 0; i < count; i++)
        {
            var value = Next();
            bytes.AddRange(type == SafetensorsType.F32 ? BitConverter.GetBytes(value)
                : type == SafetensorsType.F16 ? BitConverter.GetBytes((Half)value)
                : BitConverter.GetBytes(value)[2..]);
        }
        _tensors[name] = (type, [.. shape], [.. bytes]);
    }

    /// <summary>The tensors of any folder, byte by byte.</summary>
    public static Dictionary<string, (string Type, string Shape, byte[] Bytes)> ReadTensors(string folder) =>
        SafetensorsFolder.Read(folder).Values.ToDictionary(t => t.Name, t =>
        {
            using var file = File.OpenRead(t.Path);
            file.Position = t.Tensor.Offset;
            var bytes = new byte[t.Tensor.Bytes];
            file.ReadExactly(bytes);
            return (t.Type.Name, string.Join("x", t.Shape), bytes);
        });

    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        File.Delete(Gguf);
    }

    /// <summary>From −0.2 to 0.2, some of them tiny.</summary>
    private float Next()
    {
        _state = _state * 1664525 + 1013904223;
        var value = (_state >> 8) / (float)(1 << 24) * 0.4f - 0.2f;
        return _state % 16 == 0 ? value * 1e-6f : value;
    }

    private static JsonObject ConfigOf(string family)
    {
        var config = family == "chatglm" ? GlmConfig() : PlainConfig();
        (config["model_type"], config["architectures"]) = family switch
        {
            "llama" => ("llama", new JsonArray("LlamaForCausalLM")),
            "mistral" => ("mistral", new JsonArray("MistralForCausalLM")),
            "qwen2" => ("qwen2", new JsonArray("Qwen2ForCausalLM")),
            "qwen3" => ("qwen3", new JsonArray("Qwen3ForCausalLM")),
            "chatglm" => ("chatglm", new JsonArray("ChatGLMModel")),
            "glm" => ("glm", new JsonArray("GlmForCausalLM")),
            "glm4" => ("glm4", new JsonArray("Glm4ForCausalLM")),
            _ => ("gemma3_text", (JsonNode)new JsonArray("Gemma3ForCausalLM")),
        };
        switch (family)
        {
            case "llama":
                config["rope_theta"] = 500000.0;
                config["rope_scaling"] = JsonNode.Parse(
                    """
                    {"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64,"rope_type":"llama3"}
                    """);
                break;
            case "mistral":
                config["sliding_window"] = 128;
                break;
            case "glm" or "glm4":
                config["partial_rotary_factor"] = 0.5;
                break;
            case "gemma3":
                config.Remove("hidden_act");
                config.Remove("tie_word_embeddings");
                config["hidden_activation"] = "gelu_pytorch_tanh";
                config["query_pre_attn_scalar"] = Head;
                config["sliding_window"] = 64;
                config["rope_local_base_freq"] = 10000.0;
                config["rope_theta"] = 1000000.0;
                break;
        }
        return config;
    }

    private static JsonObject PlainConfig() => new()
    {
        ["hidden_size"] = Width,
        ["num_hidden_layers"] = Layers,
        ["intermediate_size"] = Inner,
        ["num_attention_heads"] = Heads,
        ["num_key_value_heads"] = Shared,
        ["head_dim"] = Head,
        ["max_position_embeddings"] = 256,
        ["rms_norm_eps"] = 1e-5,
        ["hidden_act"] = "silu",
        ["tie_word_embeddings"] = false,
        ["torch_dtype"] = "bfloat16",
    };

    private static JsonObject GlmConfig() => new()
    {
        ["hidden_size"] = Width,
        ["num_layers"] = Layers,
        ["ffn_hidden_size"] = Inner,
        ["num_attention_heads"] = Heads,
        ["multi_query_attention"] = true,
        ["multi_query_group_num"] = Shared,
        ["kv_channels"] = Head,
        ["seq_length"] = 256,
        ["layernorm_epsilon"] = 1.5625e-07,
        ["rope_ratio"] = 500,
        ["add_qkv_bias"] = true,
        ["add_bias_linear"] = false,
        ["rmsnorm"] = true,
        ["post_layer_norm"] = true,
        ["apply_residual_connection_post_layernorm"] = false,
        ["tie_word_embeddings"] = false,
        ["torch_dtype"] = "bfloat16",
    };
}
