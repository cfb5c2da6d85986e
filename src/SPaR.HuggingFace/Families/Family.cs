using SPaR.HuggingFace.Config;

namespace SPaR.HuggingFace.Families;

/// <summary>A family of models, as transformers writes it: its config and its tensors.</summary>
/// <param name="Tensors">In the order in which they are written.</param>
internal sealed record Family(ConfigDialect Config, ImmutableArray<TensorRule> Tensors)
{
    public const string Embedding = "token_embd.weight", Head = "output.weight", Frequencies = "rope_freqs.weight";

    public string Architecture => Config.Architecture;

    /// <summary>The pre-tokenizer that the family's own tokenisers have under another name than <see cref="Tokenizer.PreTokenizer"/>
    /// gives it; null for that name.</summary>
    public string? PreTokenizer { get; init; }

    /// <summary>The token that ends a turn besides the end of the sequence; null for none.</summary>
    public string? EndOfTurn { get; init; }

    /// <summary>Buffers that some checkpoints have and that are computed anew; the ends of their names.</summary>
    public ImmutableArray<string> Ignored { get; init; } = [".rotary_emb.inv_freq", "rotary_pos_emb.inv_freq"];

    /// <summary>The name of the output's matrix in safetensors.</summary>
    public string HeadName => Tensors.Single(t => t.Gguf == "output").HuggingFace + ".weight";

    public string EmbeddingName => Tensors.Single(t => t.Gguf == "token_embd").HuggingFace + ".weight";

    /// <summary>All tensors that a model of this shape may have.</summary>
    public IEnumerable<TensorPair> Of(ModelShape shape) =>
        from rule in Tensors
        from layer in rule.Gguf.Contains('*', StringComparison.Ordinal) ? Enumerable.Range(0, shape.Layers) : [0]
        select new TensorPair(
            Named(rule.Gguf, layer) + rule.Suffix, Named(rule.HuggingFace, layer) + rule.Suffix,
            rule.Shape(shape), rule.Change, rule.Required);

    private static string Named(string pattern, int layer) => pattern.Replace("*", $"{layer}", StringComparison.Ordinal);
}
