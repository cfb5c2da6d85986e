using SPaR.HuggingFace.Json;

namespace SPaR.HuggingFace.Config;

/// <summary>Reads config.json. A setting that llama.cpp would compute in another way is refused.</summary>
internal sealed class ConfigReader(JsonFields config, ConfigDialect dialect)
{
    private const string Unsupported = "unsupported-config";

    /// <summary>Gemma 3: every sixth layer attends to all tokens.</summary>
    private const int SlidingPattern = 6;

    public ModelSettings Read()
    {
        RequireFixed();
        var shape = ReadShape();
        var context = config.RequiredCount(dialect.Context);
        return new ModelSettings(
            shape, context, config.Real(dialect.Epsilon) ?? throw config.Refused(dialect.Epsilon, "a number"), ReadRope(shape, context),
            ReadWindow(shape, context), dialect.HasSlidingLayers ? config.Real("final_logit_softcapping") : null);
    }

    /// <summary>Whether the output is the embedding.</summary>
    public bool IsTied => config.Flag("tie_word_embeddings") ?? dialect.TiedByDefault;

    private ModelShape ReadShape()
    {
        var (width, heads) = (config.RequiredCount("hidden_size"), config.RequiredCount("num_attention_heads"));
        var shared = dialect.HasRopeRatio && config.Flag("multi_query_attention") == false
            ? heads
            : config.Count(dialect.KeyValueHeads) ?? heads;
        if (heads % shared != 0)
            throw config.Refused(dialect.KeyValueHeads, $"a divisor of the {heads} of num_attention_heads");
        if (config.Count(dialect.HeadWidth) is null && width % heads != 0)
            throw config.Refused("hidden_size", $"a multiple of the {heads} of num_attention_heads, as there is no {dialect.HeadWidth}");
        return new ModelShape(
            config.RequiredCount(dialect.Layers), width, heads, shared, config.Count(dialect.HeadWidth) ?? width / heads,
            config.RequiredCount(dialect.Inner), config.RequiredCount(dialect.Vocabulary));
    }

    private void RequireFixed()
    {
        if (config.Text(dialect.ActivationName) is { } activation && activation != dialect.Activation)
            throw config.Refused(dialect.ActivationName, $"'{dialect.Activation}'", Unsupported, "Use a model with this activation.");
        foreach (var (name, value) in dialect.Fixed)
            if (config.Value(name) is { } other && other.GetRawText() != value)
                throw config.Refused(name, value, Unsupported, "llama.cpp computes this family in no other way; use another model.");
        if (config.Has("quantization_config"))
            throw config.Refused("quantization_config", "left out", Unsupported, "Use the weights before they were quantised.");
    }

    private RopeSettings ReadRope(ModelShape shape, int context)
    {
        // transformers 5 has all of it in rope_parameters.
        var rope = config.Nested("rope_parameters");
        if (rope?.Has("full_attention") == true)
            throw config.Refused("rope_parameters", "one set for all layers", Unsupported, "Save the model with transformers 4.");
        var @base = dialect.HasRopeRatio
            ? 10_000 * (config.Real("rope_ratio") ?? 1)
            : rope?.Real("rope_theta") ?? config.Real("rope_theta") ?? dialect.DefaultRopeBase;
        if (@base <= 0)
            throw config.Refused(dialect.HasRopeRatio ? "rope_ratio" : "rope_theta", "above 0");
        var rotated = rope?.Real("partial_rotary_factor") ?? config.Real("partial_rotary_factor") ?? dialect.DefaultRotated;
        var width = (int)(shape.HeadWidth * rotated);
        if (width <= 0 || width % 2 != 0 || width > shape.HeadWidth || (dialect.DefaultRotated == 1 && width != shape.HeadWidth))
            throw config.Refused("partial_rotary_factor", "a share of the head that rotates an even number of its numbers", Unsupported);
        return new RopeSettings(
            @base, width, ReadScaling(rope ?? config.Nested("rope_scaling"), context),
            dialect.HasSlidingLayers ? config.Real("rope_local_base_freq") ?? 10_000 : null);
    }

    private static RopeScaling ReadScaling(JsonFields? scaling, int context)
    {
        if (scaling is null)
            return RopeScaling.None;
        var kind = scaling.Text("rope_type") ?? scaling.Text("type") ?? "default";
        switch (kind)
        {
            case "default":
                return RopeScaling.None;
            case "linear":
                return new(kind, Positive("factor"));
            case "llama3":
                return new(kind, Positive("factor"), scaling.RequiredCount("original_max_position_embeddings"),
                    Positive("low_freq_factor"), Positive("high_freq_factor"));
            case "yarn":
                foreach (var name in new[] { "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate" })
                    if (scaling.Has(name))
                        throw scaling.Refused(name, "left out", Unsupported, "Use a model with YaRN's defaults.");
                return new(kind, Positive("factor"), scaling.Count("original_max_position_embeddings") ?? context);
            default:
                throw scaling.Refused("rope_type", "default, linear, llama3 or yarn", Unsupported, "Use a model with one of these.");
        }

        float Positive(string name) => scaling.Real(name) is > 0 and var number ? number : throw scaling.Refused(name, "a number above 0");
    }

    private int? ReadWindow(ModelShape shape, int context)
    {
        if (dialect.HasSlidingLayers)
        {
            if ((config.Count("sliding_window_pattern") ?? SlidingPattern) != SlidingPattern)
                throw config.Refused("sliding_window_pattern", $"{SlidingPattern}", Unsupported, "Use another model.");
            var layers = config.List("layer_types");
            for (var i = 0; i < (layers?.Count ?? 0); i++)
                if (layers![i].ValueEquals("full_attention") != ((i + 1) % SlidingPattern == 0))
                    throw config.Refused("layer_types", $"full_attention in every {SlidingPattern}th layer only", Unsupported);
            var scale = config.Real("query_pre_attn_scalar");
            if (scale is { } s && s != shape.HeadWidth && !(shape.Layers == 62 && s == shape.Width / shape.Heads))
                throw config.Refused("query_pre_attn_scalar", $"{shape.HeadWidth}, the width of a head", Unsupported, "Use another model.");
            return config.RequiredCount("sliding_window");
        }
        if (config.Count("sliding_window") is not { } window || window >= context || config.Flag("use_sliding_window") == false)
            return null;
        return dialect.HasWindow
            ? window
            : throw config.Refused("sliding_window", "at least the context, or unused", Unsupported, "Use a model without a window.");
    }
}
