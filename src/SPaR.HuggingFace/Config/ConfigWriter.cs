using System.Globalization;
using System.Text.Json.Nodes;

namespace SPaR.HuggingFace.Config;

/// <summary>Writes a config.json that <see cref="ConfigReader"/> reads as the same settings.</summary>
internal static class ConfigWriter
{
    /// <param name="type">Of most weights: <c>bfloat16</c>, <c>float16</c> or <c>float32</c>.</param>
    /// <param name="special">Token ids by the names that config.json has for them.</param>
    public static JsonObject Write(
        ConfigDialect dialect, ModelSettings settings, bool tied, string type, IEnumerable<KeyValuePair<string, int>> special)
    {
        var shape = settings.Shape;
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(dialect.ClassName),
            ["model_type"] = dialect.ModelType,
            ["hidden_size"] = shape.Width,
            [dialect.Layers] = shape.Layers,
            [dialect.Inner] = shape.Inner,
            ["num_attention_heads"] = shape.Heads,
            [dialect.KeyValueHeads] = shape.KeyValueHeads,
            [dialect.HeadWidth] = shape.HeadWidth,
            [dialect.Context] = settings.Context,
            [dialect.Epsilon] = Number(settings.Epsilon),
            [dialect.Vocabulary] = shape.Vocabulary,
            ["tie_word_embeddings"] = tied,
            ["torch_dtype"] = type,
        };
        if (!dialect.HasRopeRatio)
            config[dialect.ActivationName] = dialect.Activation;
        foreach (var (name, value) in dialect.Fixed)
            config[name] = JsonNode.Parse(value);
        WriteRope(config, dialect, settings);
        if (dialect.HasSlidingLayers || settings.Window is not null)
            config["sliding_window"] = settings.Window;
        if (dialect.HasSlidingLayers)
            config["query_pre_attn_scalar"] = shape.Layers == 62 ? shape.Width / shape.Heads : shape.HeadWidth;
        if (settings.SoftCap is { } cap)
            config["final_logit_softcapping"] = Number(cap);
        foreach (var (name, id) in special)
            config[name] = id;
        return config;
    }

    private static void WriteRope(JsonObject config, ConfigDialect dialect, ModelSettings settings)
    {
        var rope = settings.Rope;
        if (dialect.HasRopeRatio)
            config["rope_ratio"] = Number(rope.Base / 10_000);
        else
            config["rope_theta"] = Number(rope.Base);
        if (dialect.DefaultRotated != 1)
            config["partial_rotary_factor"] = Number((float)rope.Width / settings.Shape.HeadWidth);
        if (rope.SlidingBase is { } sliding)
            config["rope_local_base_freq"] = Number(sliding);
        var scaling = rope.Scaling;
        if (scaling.Kind == "none")
            return;
        var fields = new JsonObject { ["rope_type"] = scaling.Kind, ["factor"] = Number(scaling.Factor) };
        if (scaling.Original > 0)
            fields["original_max_position_embeddings"] = scaling.Original;
        if (scaling.Kind == "llama3")
            (fields["low_freq_factor"], fields["high_freq_factor"]) = (Number(scaling.Low), Number(scaling.High));
        config["rope_scaling"] = fields;
    }

    /// <summary>The shortest decimal that is this 32-bit real: 1E-05, not 9.99999974738e-06.</summary>
    private static double Number(float value) =>
        double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
