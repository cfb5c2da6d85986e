using static SPaR.HuggingFace.Families.TensorNames;

namespace SPaR.HuggingFace.Families;

/// <summary>GLM-4: half of each head rotates, by neighbours in both formats, and gate and up are one matrix.</summary>
internal static class GlmFamily
{
    private const string Block = "blk.*.", Layer = "transformer.encoder.layers.*.";

    private const string EndOfTurn = "<|user|>";

    private static readonly TensorRule Qkv =
        new(Block + "attn_qkv", Layer + "self_attention.query_key_value", s => [s.Queries + 2 * s.Keys, s.Width]);

    /// <summary>GLM-4-9B-Chat with its own code: queries, keys and values are one matrix.</summary>
    public static Family Own { get; } = new(
        new("chatglm", "ChatGLMModel", "chatglm")
        {
            Layers = "num_layers",
            Inner = "ffn_hidden_size",
            KeyValueHeads = "multi_query_group_num",
            HeadWidth = "kv_channels",
            Context = "seq_length",
            Epsilon = "layernorm_epsilon",
            Vocabulary = "padded_vocab_size",
            DefaultRotated = 0.5f,
            HasRopeRatio = true,
            Fixed = new Dictionary<string, string>
            {
                ["rmsnorm"] = "true",
                ["post_layer_norm"] = "true",
                ["add_bias_linear"] = "false",
                ["apply_residual_connection_post_layernorm"] = "false",
            },
        },
        [
            new("token_embd", "transformer.embedding.word_embeddings", s => [s.Vocabulary, s.Width]),
            Norm("output_norm", "transformer.encoder.final_layernorm"),
            new("output", "transformer.output_layer", s => [s.Vocabulary, s.Width]) { Required = false },
            Norm(Block + "attn_norm", Layer + "input_layernorm"), Qkv, Qkv.WithBias(),
            new(Block + "attn_output", Layer + "self_attention.dense", s => [s.Width, s.Queries]),
            Norm(Block + "ffn_norm", Layer + "post_attention_layernorm"),
            new(Block + "ffn_up", Layer + "mlp.dense_h_to_4h", s => [2L * s.Inner, s.Width]),
            new(Block + "ffn_down", Layer + "mlp.dense_4h_to_h", s => [s.Width, s.Inner]),
        ])
    { PreTokenizer = "chatglm-bpe", EndOfTurn = EndOfTurn };

    /// <summary>The same model in transformers' own form (GLM-4-9B-Chat-HF).</summary>
    public static Family Glm { get; } = new(
        new("glm", "GlmForCausalLM", "chatglm") { DefaultRotated = 0.5f },
        [
            .. OutsideLayers, LayerNorm("attn_norm", "input_layernorm"), .. Attention(),
            LayerNorm("ffn_norm", "post_attention_layernorm"), .. FusedFeedForward,
        ])
    { PreTokenizer = "chatglm-bpe", EndOfTurn = EndOfTurn };

    /// <summary>GLM-4-0414: with norms after attention and feed-forward too.</summary>
    public static Family Glm4 { get; } = new(
        new("glm4", "Glm4ForCausalLM", "glm4") { DefaultRotated = 0.5f },
        [
            .. OutsideLayers, LayerNorm("attn_norm", "input_layernorm"), .. Attention(),
            LayerNorm("post_attention_norm", "post_self_attn_layernorm"), LayerNorm("ffn_norm", "post_attention_layernorm"),
            .. FusedFeedForward, LayerNorm("post_ffw_norm", "post_mlp_layernorm"),
        ])
    { PreTokenizer = "glm4", EndOfTurn = EndOfTurn };
}
