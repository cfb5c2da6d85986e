using static SPaR.HuggingFace.Families.TensorChange;

namespace SPaR.HuggingFace.Families;

/// <summary>The tensors that families share, under the names that most of them have in transformers.</summary>
internal static class TensorNames
{
    private const string Block = "blk.*.", Layer = "model.layers.*.";

    public static ImmutableArray<TensorRule> OutsideLayers { get; } =
    [
        new("token_embd", "model.embed_tokens", s => [s.Vocabulary, s.Width]),
        Norm("output_norm", "model.norm"),
        new("output", "lm_head", s => [s.Vocabulary, s.Width]) { Required = false },
    ];

    /// <param name="queries">What changes in the rows of queries.</param>
    /// <param name="keys">What changes in the rows of keys.</param>
    /// <param name="outputBias">Whether the output may have a bias too.</param>
    public static ImmutableArray<TensorRule> Attention(TensorChange queries = None, TensorChange keys = None, bool outputBias = false)
    {
        TensorRule query = new(Block + "attn_q", Layer + "self_attn.q_proj", s => [s.Queries, s.Width], queries),
            key = new(Block + "attn_k", Layer + "self_attn.k_proj", s => [s.Keys, s.Width], keys),
            value = new(Block + "attn_v", Layer + "self_attn.v_proj", s => [s.Keys, s.Width]),
            output = new(Block + "attn_output", Layer + "self_attn.o_proj", s => [s.Width, s.Queries]);
        ImmutableArray<TensorRule> rules = [query, query.WithBias(), key, key.WithBias(), value, value.WithBias(), output];
        return outputBias ? [.. rules, output.WithBias()] : rules;
    }

    public static ImmutableArray<TensorRule> QueryAndKeyNorms(TensorChange change = None) =>
    [
        new(Block + "attn_q_norm", Layer + "self_attn.q_norm", s => [s.HeadWidth], change),
        new(Block + "attn_k_norm", Layer + "self_attn.k_norm", s => [s.HeadWidth], change),
    ];

    public static ImmutableArray<TensorRule> FeedForward { get; } =
    [
        new(Block + "ffn_gate", Layer + "mlp.gate_proj", s => [s.Inner, s.Width]),
        new(Block + "ffn_up", Layer + "mlp.up_proj", s => [s.Inner, s.Width]),
        new(Block + "ffn_down", Layer + "mlp.down_proj", s => [s.Width, s.Inner]),
    ];

    /// <summary>The gate is the first half of one matrix.</summary>
    public static ImmutableArray<TensorRule> FusedFeedForward { get; } =
    [
        new(Block + "ffn_up", Layer + "mlp.gate_up_proj", s => [2L * s.Inner, s.Width]),
        new(Block + "ffn_down", Layer + "mlp.down_proj", s => [s.Width, s.Inner]),
    ];

    public static TensorRule LayerNorm(string gguf, string name, TensorChange change = None) => Norm(Block + gguf, Layer + name, change);

    public static TensorRule Norm(string gguf, string name, TensorChange change = None) => new(gguf, name, s => [s.Width], change);
}
