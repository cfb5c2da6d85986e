using SPaR.Gguf;

namespace SPaR.HuggingFace.Config;

/// <summary>A model's settings in the metadata of a GGUF file, both ways.</summary>
internal static class GgufSettings
{
    public static void Write(GgufWriter writer, string architecture, ModelSettings settings)
    {
        var (shape, rope) = (settings.Shape, settings.Rope);
        Count("context_length", settings.Context);
        Count("embedding_length", shape.Width);
        Count("block_count", shape.Layers);
        Count("feed_forward_length", shape.Inner);
        Count("attention.head_count", shape.Heads);
        Count("attention.head_count_kv", shape.KeyValueHeads);
        Count("attention.key_length", shape.HeadWidth);
        Count("attention.value_length", shape.HeadWidth);
        Real("attention.layer_norm_rms_epsilon", settings.Epsilon);
        Count("rope.dimension_count", rope.Width);
        Real("rope.freq_base", rope.Base);
        Count("vocab_size", shape.Vocabulary);
        if (settings.Window is { } window)
            Count("attention.sliding_window", window);
        if (rope.SlidingBase is { } sliding)
            Real("rope.freq_base_swa", sliding);
        if (settings.SoftCap is { } cap)
            Real("final_logit_softcapping", cap);
        // llama3 is a tensor of factors instead.
        if (rope.Scaling is { Kind: "linear" or "yarn" } scaling)
        {
            writer.Add($"{architecture}.rope.scaling.type", scaling.Kind);
            Real("rope.scaling.factor", scaling.Factor);
            if (scaling.Original > 0)
                Count("rope.scaling.original_context_length", scaling.Original);
        }

        void Count(string key, int value) => writer.Add($"{architecture}.{key}", (uint)value);

        void Real(string key, float value) => writer.Add($"{architecture}.{key}", value);
    }

    /// <param name="factors">The scaling that the file's tensor of frequency factors stands for; null without one.</param>
    /// <exception cref="ModelRejectedException"><c>malformed</c> or <c>unsupported-model</c>.</exception>
    public static ModelSettings Read(string path, GgufFile file, ConfigDialect dialect, RopeScaling? factors)
    {
        var (width, heads) = (Count("embedding_length"), Count("attention.head_count"));
        var head = Count("attention.key_length", width / heads);
        var embedding = file.Tensors.FirstOrDefault(t => t.Name == "token_embd.weight")
            ?? throw Refused("token_embd.weight", "missing", "the embedding's tensor");
        var shape = new ModelShape(
            Count("block_count"), width, heads, Count("attention.head_count_kv", heads), head, Count("feed_forward_length"),
            checked((int)embedding.Dimensions[^1]));
        if (Count("attention.value_length", head) != head)
            throw Refused("attention.value_length", Value("attention.value_length"), $"{head}, the width of a head");
        return new ModelSettings(
            shape, Count("context_length"), Real("attention.layer_norm_rms_epsilon") ?? throw Refused(
                "attention.layer_norm_rms_epsilon", null, "a number"),
            new RopeSettings(
                Real("rope.freq_base") ?? 10_000, Count("rope.dimension_count", head), factors ?? Scaling(),
                dialect.HasSlidingLayers ? Real("rope.freq_base_swa") ?? 10_000 : null),
            Has("attention.sliding_window") ? Count("attention.sliding_window") : null, Real("final_logit_softcapping"));

        RopeScaling Scaling() => Value("rope.scaling.type") switch
        {
            null or "none" => RopeScaling.None,
            "linear" => new("linear", Real("rope.scaling.factor") ?? 1),
            "yarn" => new("yarn", Real("rope.scaling.factor") ?? 1, Count("rope.scaling.original_context_length")),
            var other => throw Refused("rope.scaling.type", other, "none, linear or yarn"),
        };

        bool Has(string key) => Value(key) is not null;

        object? Value(string key) => file.Metadata.GetValueOrDefault($"{dialect.Architecture}.{key}");

        int Count(string key, int? fallback = null) => Value(key) switch
        {
            null when fallback is { } value => value,
            long and > 0 and <= int.MaxValue and var whole => (int)whole,
            var other => throw Refused(key, other, "a whole number from 1"),
        };

        float? Real(string key) => Value(key) switch
        {
            null => null,
            double real when double.IsFinite(real) => (float)real,
            var other => throw Refused(key, other, "a number"),
        };

        ModelRejectedException Refused(string key, object? value, string rule) => new(
            "unsupported-model", $"{path}: has {(value is GgufArray ? "a list" : value ?? "nothing")} for '{dialect.Architecture}.{key}'; "
            + $"to be exported it must be {rule}. Export another model.");
    }
}
