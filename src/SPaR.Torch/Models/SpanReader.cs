using SPaR.Torch.Families;

namespace SPaR.Torch.Models;

/// <summary>Reads how positions rotate and which of them a layer sees.</summary>
internal sealed class SpanReader(string path, ModelMetadata metadata, ModelFamily family)
{
    /// <returns>See <see cref="ModelConfig"/>.</returns>
    public (AttentionSpan Global, AttentionSpan? Local, int Period) Read()
    {
        if (metadata.Real("rope.scaling.attn_factor", least: 0, 1) is not 1 and var factor)
            throw metadata.Refused("rope.scaling.attn_factor", factor, "only 1 is supported");
        if (metadata.Has("rope.dimension_sections"))
            throw new ModelRejectedException(
                "unsupported-rope",
                $"{path}: has '{family.Architecture}.rope.dimension_sections', positions in several dimensions, which cannot be trained. "
                + "Use a model of text alone.");
        var ropeBase = metadata.Real("rope.freq_base", least: double.Epsilon, 10_000);
        var scaling = ScalingType();
        var global = new AttentionSpan(ropeBase, scaling == "linear" ? 1 / Factor() : 1, scaling == "yarn" ? Yarn() : null);
        // llama.cpp reads the window only in families that have such layers.
        if (family.Local is not { } local || metadata.Real("attention.sliding_window", least: 0, 0) == 0)
            return (global, null, 1);
        return (global, new AttentionSpan(
            metadata.Real("rope.freq_base_swa", least: double.Epsilon, local.RopeBase), RopeScale: 1,
            Window: metadata.Count("attention.sliding_window")), metadata.Count("attention.sliding_window_pattern", local.Period));
    }

    private string ScalingType()
    {
        var scaling = metadata.Text("rope.scaling.type", "linear");
        // The scaling of layers that see a window only would need parity of its own.
        if (scaling is "none" or "linear" || scaling == "yarn" && family.Local is null)
            return scaling;
        throw new ModelRejectedException(
            "unsupported-rope",
            $"{path}: the position scaling '{scaling}' cannot be trained. Use a model with none, "
            + $"{(family.Local is null ? "linear or yarn" : "or linear")}.");
    }

    /// <summary>As in llama.cpp, a factor without a type means linear scaling, and the old key counts if the new one is missing.</summary>
    private double Factor()
    {
        var key = metadata.Has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
        return metadata.Real(key, least: double.Epsilon, 1);
    }

    private Yarn Yarn()
    {
        foreach (var key in new[] { "yarn_ext_factor", "yarn_attn_factor", "yarn_beta_fast", "yarn_beta_slow", "yarn_log_multiplier" })
            if (metadata.Has($"rope.scaling.{key}"))
                throw metadata.Refused(
                    $"rope.scaling.{key}", metadata.Real($"rope.scaling.{key}", double.MinValue), "only YaRN's defaults are supported",
                    "unsupported-rope", "Use a model without it.");
        var context = metadata.Has("rope.scaling.original_context_length") ? "rope.scaling.original_context_length" : "context_length";
        return new Yarn(Factor(), metadata.Count(context));
    }
}
