using static SPaR.Tests.HuggingFace.TinyFolder;

namespace SPaR.Tests.HuggingFace;

/// <summary>The tensors of the published models, by their names in transformers, in the sizes of <see cref="TinyFolder"/>.</summary>
internal static class TinyTensors
{
    private const int Queries = Heads * Head, Keys = Shared * Head;

    public static IEnumerable<(string Name, long[] Shape)> Of(string family, int rows) =>
        family == "chatglm" ? ChatGlm(rows) : Plain(family, rows);

    private static IEnumerable<(string Name, long[] Shape)> Plain(string family, int rows)
    {
        yield return ("model.embed_tokens.weight", [rows, Width]);
        if (family != "gemma3")
            yield return ("lm_head.weight", [rows, Width]);
        yield return ("model.norm.weight", [Width]);
        for (var i = 0; i < Layers; i++)
            foreach (var (name, shape) in Attention(family).Concat(FeedForward(family)).Concat(Norms(family)))
                yield return ($"model.layers.{i}.{name}", shape);
    }

    private static IEnumerable<(string Name, long[] Shape)> Attention(string family)
    {
        yield return ("self_attn.q_proj.weight", [Queries, Width]);
        yield return ("self_attn.k_proj.weight", [Keys, Width]);
        yield return ("self_attn.v_proj.weight", [Keys, Width]);
        yield return ("self_attn.o_proj.weight", [Width, Queries]);
        if (family is "qwen2" or "glm" or "glm4")
        {
            yield return ("self_attn.q_proj.bias", [Queries]);
            yield return ("self_attn.k_proj.bias", [Keys]);
            yield return ("self_attn.v_proj.bias", [Keys]);
        }
        if (family is "qwen3" or "gemma3")
        {
            yield return ("self_attn.q_norm.weight", [Head]);
            yield return ("self_attn.k_norm.weight", [Head]);
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> FeedForward(string family)
    {
        yield return ("mlp.down_proj.weight", [Width, Inner]);
        if (family is "glm" or "glm4")
            yield return ("mlp.gate_up_proj.weight", [2 * Inner, Width]);
        else
        {
            yield return ("mlp.gate_proj.weight", [Inner, Width]);
            yield return ("mlp.up_proj.weight", [Inner, Width]);
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> Norms(string family)
    {
        yield return ("input_layernorm.weight", [Width]);
        yield return ("post_attention_layernorm.weight", [Width]);
        if (family == "glm4")
        {
            yield return ("post_self_attn_layernorm.weight", [Width]);
            yield return ("post_mlp_layernorm.weight", [Width]);
        }
        if (family == "gemma3")
        {
            yield return ("pre_feedforward_layernorm.weight", [Width]);
            yield return ("post_feedforward_layernorm.weight", [Width]);
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> ChatGlm(int rows)
    {
        yield return ("transformer.embedding.word_embeddings.weight", [rows, Width]);
        yield return ("transformer.output_layer.weight", [rows, Width]);
        yield return ("transformer.encoder.final_layernorm.weight", [Width]);
        for (var i = 0; i < Layers; i++)
        {
            var layer = $"transformer.encoder.layers.{i}.";
            yield return (layer + "input_layernorm.weight", [Width]);
            yield return (layer + "post_attention_layernorm.weight", [Width]);
            yield return (layer + "self_attention.query_key_value.weight", [Queries + 2 * Keys, Width]);
            yield return (layer + "self_attention.query_key_value.bias", [Queries + 2 * Keys]);
            yield return (layer + "self_attention.dense.weight", [Width, Queries]);
            yield return (layer + "mlp.dense_h_to_4h.weight", [2 * Inner, Width]);
            yield return (layer + "mlp.dense_4h_to_h.weight", [Width, Inner]);
        }
    }
}
