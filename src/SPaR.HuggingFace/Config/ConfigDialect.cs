namespace SPaR.HuggingFace.Config;

/// <summary>How a family writes its settings into config.json: the names of the fields, and what it assumes where one is missing.</summary>
/// <param name="ModelType">The field <c>model_type</c>.</param>
/// <param name="ClassName">The entry of <c>architectures</c>.</param>
/// <param name="Architecture">The GGUF architecture.</param>
internal sealed record ConfigDialect(string ModelType, string ClassName, string Architecture)
{
    public string Layers { get; init; } = "num_hidden_layers";

    public string Inner { get; init; } = "intermediate_size";

    public string KeyValueHeads { get; init; } = "num_key_value_heads";

    public string HeadWidth { get; init; } = "head_dim";

    public string Context { get; init; } = "max_position_embeddings";

    public string Epsilon { get; init; } = "rms_norm_eps";

    public string Vocabulary { get; init; } = "vocab_size";

    /// <summary>The activation that the family computes with, and the only one that a config may name.</summary>
    public string Activation { get; init; } = "silu";

    public string ActivationName { get; init; } = "hidden_act";

    public bool TiedByDefault { get; init; }

    public float DefaultRopeBase { get; init; } = 10_000;

    /// <summary>The share of a head that rotates.</summary>
    public float DefaultRotated { get; init; } = 1;

    /// <summary>The base of the frequencies is 10,000 times <c>rope_ratio</c> (GLM's own code).</summary>
    public bool HasRopeRatio { get; init; }

    /// <summary>Five of six layers attend to a window (Gemma 3).</summary>
    public bool HasSlidingLayers { get; init; }

    /// <summary>All layers attend to a window where the config has one (Mistral 7B v0.1).</summary>
    public bool HasWindow { get; init; }

    /// <summary>What a config may say, and llama.cpp cannot compute otherwise; any other value is refused.</summary>
    public IReadOnlyDictionary<string, string> Fixed { get; init; } = new Dictionary<string, string>();
}
