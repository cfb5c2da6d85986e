using SPaR.Gguf;

namespace SPaR.Tests.Torch;

/// <summary>A Llama file of two layers, all zeros, of which a test changes one thing. Keys come without the architecture's name, except for
/// those of the tokeniser and the general ones.</summary>
internal sealed class LlamaBytes
{
    private readonly Dictionary<string, object> _metadata = new()
    {
        ["general.architecture"] = "llama",
        ["tokenizer.ggml.model"] = "gpt2",
        ["tokenizer.ggml.tokens"] = new[] { "a", "b", "c" },
        ["tokenizer.ggml.merges"] = new[] { "a b" },
        ["context_length"] = 128u,
        ["block_count"] = 2u,
        ["embedding_length"] = 8u,
        ["feed_forward_length"] = 6u,
        ["attention.head_count"] = 2u,
        ["attention.head_count_kv"] = 1u,
        ["attention.layer_norm_rms_epsilon"] = 1e-5f,
        ["rope.dimension_count"] = 4u,
        ["rope.freq_base"] = 10_000f,
    };

    private readonly Dictionary<string, long[]> _changed = [];
    private readonly Dictionary<string, GgufTensorType> _types = [];

    public LlamaBytes With(string key, object value)
    {
        _metadata[key] = value;
        return this;
    }

    public LlamaBytes Without(params string[] keys)
    {
        foreach (var key in keys)
            _metadata.Remove(key);
        return this;
    }

    /// <param name="dimensions">None leave the tensor out.</param>
    public LlamaBytes WithTensor(string name, params long[] dimensions)
    {
        _changed[name] = dimensions;
        return this;
    }

    public LlamaBytes WithType(string name, GgufTensorType type)
    {
        _types[name] = type;
        return this;
    }

    public void Write(string path)
    {
        var writer = new GgufWriter();
        foreach (var (key, value) in _metadata)
            Add(writer, key.Split('.')[0] is "general" or "tokenizer" or "split" ? key : $"llama.{key}", value);
        var tensors = Tensors();
        foreach (var (name, dimensions) in _changed)
            tensors[name] = dimensions;
        foreach (var (name, dimensions) in tensors.Where(t => t.Value.Length > 0))
        {
            var type = _types.GetValueOrDefault(name, GgufTensorType.F32);
            writer.Add(name, type, dimensions, bytes => bytes.Write(
                new byte[dimensions.Aggregate(1L, (a, b) => a * b) / type.BlockSize * type.BlockBytes]));
        }
        using var stream = File.Create(path);
        writer.Write(stream);
    }

    private Dictionary<string, long[]> Tensors()
    {
        var shared = _metadata.GetValueOrDefault("attention.head_count_kv") is null ? 8 : 4;
        var tensors = new Dictionary<string, long[]> { ["token_embd.weight"] = [8, 3], ["output_norm.weight"] = [8] };
        for (var layer = 0; layer < 2; layer++)
        {
            foreach (var norm in new[] { "attn_norm", "ffn_norm" })
                tensors[$"blk.{layer}.{norm}.weight"] = [8];
            tensors[$"blk.{layer}.attn_q.weight"] = tensors[$"blk.{layer}.attn_output.weight"] = [8, 8];
            tensors[$"blk.{layer}.attn_k.weight"] = tensors[$"blk.{layer}.attn_v.weight"] = [8, shared];
            tensors[$"blk.{layer}.ffn_gate.weight"] = tensors[$"blk.{layer}.ffn_up.weight"] = [8, 6];
            tensors[$"blk.{layer}.ffn_down.weight"] = [6, 8];
        }
        return tensors;
    }

    private static void Add(GgufWriter writer, string key, object value) => _ = value switch
    {
        uint whole => writer.Add(key, whole),
        float real => writer.Add(key, real),
        bool yes => writer.Add(key, yes),
        string text => writer.Add(key, text),
        string[] list => writer.Add(key, list),
        int[] list => writer.Add(key, list),
        float[] list => writer.Add(key, (IReadOnlyList<float>)list),
        _ => throw new ArgumentException($"{key}: {value.GetType().Name} is not written here.", nameof(value)),
    };
}
