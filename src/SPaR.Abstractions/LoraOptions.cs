using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;

namespace SPaR.Abstractions;

/// <summary>Low-rank adapters (arXiv 2106.09685): W + (lora_alpha / r) B A.</summary>
public sealed record LoraOptions
{
    /// <summary>The rank of the update.</summary>
    [Range(1, 1024)]
    public int R { get; init; } = 8;

    /// <summary>The update is scaled by lora_alpha / r.</summary>
    [Range(0.0, 10_000.0, MinimumIsExclusive = true)]
    public double LoraAlpha { get; init; } = 16;

    /// <summary>Share of the adapters' inputs that a step leaves out.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double LoraDropout { get; init; }

    /// <summary>The matrices of every block that can have an adapter in some architecture.</summary>
    public static ImmutableArray<string> AllTargets { get; } =
        ["attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

    /// <summary>Those that get an adapter, some of <see cref="AllTargets"/>; null: all that the model has.</summary>
    public ImmutableArray<string>? TargetModules { get; init; }

    /// <summary>Also writes a GGUF with the adapter merged in.</summary>
    public bool Merge { get; init; }

    /// <summary>The default rate of a training with an adapter. Its few weights start at a change of zero, so they need about ten times
    /// full fine-tuning's rate: these are those of Zephyr's LoRA recipes (arXiv 2310.16944), where full DPO takes 5e-7.</summary>
    public static double LearningRate(TrainingMethod method) => method is TrainingMethod.Dpo ? 5e-6 : 1e-4;
}
