using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;

namespace SPaR.Abstractions;

/// <summary>What a training process is to do: <c>job.json</c> in the process's folder, next to <c>data.ndjson</c>. Everything that the
/// process writes goes there too (<see cref="TrainingFolder"/>).</summary>
/// <param name="Model">The GGUF file that training starts from; it is also the reference of DPO.</param>
public sealed record TrainingJob(TrainingMethod Method, string Model, TrainingOptions Options)
{
    /// <summary>Of <see cref="Model"/>; the process refuses another content. Null: any.</summary>
    public string? ModelSha256 { get; init; }
}

public enum TrainingMethod
{
    /// <summary>Preference optimisation on pairs, with the loss of <see cref="TrainingOptions.LossType"/>.</summary>
    Dpo,

    /// <summary>Supervised fine-tuning on the assistant's turns.</summary>
    Sft,
}

/// <summary>Hyper-parameters; the defaults are those of arXiv 2412.11605 for the actor.</summary>
public sealed record TrainingOptions
{
    /// <summary>The preference loss, under TRL's name; several are added, each times its weight in <see cref="LossWeights"/>.</summary>
    [AllowedValues("sigmoid", "ipo", "hinge", "robust", "apo_zero", "sigmoid_norm", "simpo", "orpo", "kto")]
    public ImmutableArray<string> LossType { get; init; } = ["sigmoid"];

    /// <summary>A weight for each of <see cref="LossType"/>, above 0 and at most 100; empty counts each once.</summary>
    public ImmutableArray<double> LossWeights { get; init; } = [];

    /// <summary>β of the losses; IPO's τ and ORPO's λ.</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>Weight of the chosen side's mean-token NLL, which is added to the preference loss. The default depends on the loss
    /// (<see cref="DefaultSftWeight"/>).</summary>
    [Range(0.0, 10.0)]
    public double SftWeight { get; init; } = 0.1;

    /// <summary>ε, the share of preferences taken to be wrong. Above 0, sigmoid is conservative DPO.</summary>
    [Range(0.0, 0.5, MaximumIsExclusive = true), OfLosses("sigmoid", "robust")]
    public double LabelSmoothing { get; init; }

    /// <summary>SimPO's γ, the margin that the reward is to reach.</summary>
    [Range(0.0, 100.0), OfLosses("simpo")]
    public double SimpoGamma { get; init; } = 0.5;

    /// <summary>KTO's λ_D, the weight of chosen answers.</summary>
    [Range(0.0, 100.0, MinimumIsExclusive = true), OfLosses("kto")]
    public double DesirableWeight { get; init; } = 1;

    /// <summary>KTO's λ_U, the weight of rejected answers.</summary>
    [Range(0.0, 100.0, MinimumIsExclusive = true), OfLosses("kto")]
    public double UndesirableWeight { get; init; } = 1;

    /// <summary>The peak of the schedule. With an adapter, <see cref="LoraOptions.LearningRate"/> is the default.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 2e-7;

    /// <summary>Learning rate of Muon's matrices; null is <see cref="LearningRate"/>. It follows the same schedule.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double? MuonLearningRate { get; init; }

    /// <summary>How the learning rate changes after the warm-up. <c>wsd</c> is warm-up, stable, decay: constant, then over the last 30 % of
    /// the steps linear to 2 % (arXiv 2404.06395).</summary>
    [AllowedValues("linear", "cosine", "constant", "wsd")]
    public string Schedule { get; init; } = "linear";

    /// <summary>Share of the steps in which the rate rises from 0.</summary>
    [Range(0.0, 1.0)]
    public double Warmup { get; init; } = 0.1;

    [Range(1, 1000)]
    public int Epochs { get; init; } = 1;

    /// <summary>Pairs or conversations per optimiser step.</summary>
    [Range(1, 65_536)]
    public int Batch { get; init; } = 32;

    /// <summary>Rows per forward pass; gradients accumulate over the passes of a batch.</summary>
    [Range(1, 4096)]
    public int MicroBatch { get; init; } = 8;

    /// <summary>Rows with more tokens are dropped and listed.</summary>
    [Range(8, 131_072)]
    public int Cutoff { get; init; } = 2048;

    /// <summary><c>adamw8bit</c> is AdamW with a state of 2 instead of 8 bytes per weight (arXiv 2110.02861). <c>muon</c> is Muon for the
    /// matrices inside the blocks and AdamW for the rest.</summary>
    [AllowedValues("adamw", "adamw8bit", "muon")]
    public string Optimizer { get; init; } = "adamw";

    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Beta1 { get; init; } = 0.9;

    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Beta2 { get; init; } = 0.999;

    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; }

    /// <summary>The gradient's norm is clipped to this; 0 does not clip.</summary>
    [Range(0.0, 1000.0)]
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>Of the weights in forward and backward passes; the master copies are F32.</summary>
    [AllowedValues("f32", "bf16")]
    public string Precision { get; init; } = "f32";

    /// <summary>Recomputes a block's activations in the backward pass instead of keeping them.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Null trains every weight.</summary>
    public LoraOptions? Lora { get; init; }

    public long Seed { get; init; }

    /// <summary>Steps between two checkpoints.</summary>
    [Range(1, 1_000_000)]
    public int CheckpointEvery { get; init; } = 20;

    /// <summary>Threads that share the rows of a pass, each with its own copy of the gradients; no more than <see cref="MicroBatch"/> have
    /// work. 0 is one per processor. Sums and dropout depend on the number.</summary>
    [Range(0, 1024)]
    public int Threads { get; init; }

    /// <summary>arXiv 2412.11605 adds a tenth of the NLL to DPO, and ORPO is made of the NLL and its own term. The other papers add
    /// nothing.</summary>
    /// <param name="loss">The first of <see cref="LossType"/>.</param>
    public static double DefaultSftWeight(string loss) => loss switch
    {
        "sigmoid" => 0.1,
        "orpo" => 1,
        _ => 0,
    };
}

/// <summary>The option is read by these losses only.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OfLossesAttribute(params string[] losses) : Attribute
{
    public IReadOnlyList<string> Losses { get; } = losses;
}

/// <summary>Low-rank adapters (arXiv 2106.09685): W + (alpha / rank) B A.</summary>
public sealed record LoraOptions
{
    [Range(1, 1024)]
    public int Rank { get; init; } = 8;

    [Range(0.0, 10_000.0, MinimumIsExclusive = true)]
    public double Alpha { get; init; } = 16;

    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Dropout { get; init; }

    /// <summary>The matrices of every block that can have an adapter in some architecture.</summary>
    public static ImmutableArray<string> AllTargets { get; } =
        ["attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

    /// <summary>Those that get an adapter, some of <see cref="AllTargets"/>; null: all that the model has.</summary>
    public ImmutableArray<string>? Targets { get; init; }

    /// <summary>Also writes a GGUF with the adapter merged in.</summary>
    public bool Merge { get; init; }

    /// <summary>The default rate of a training with an adapter. Its few weights start at a change of zero, so they need about ten times
    /// full fine-tuning's rate: these are those of Zephyr's LoRA recipes (arXiv 2310.16944), where full DPO takes 5e-7.</summary>
    public static double LearningRate(TrainingMethod method) => method is TrainingMethod.Dpo ? 5e-6 : 1e-4;
}

/// <summary>One row of <c>data.ndjson</c>, tokenised by the same template that inference uses.</summary>
/// <param name="Id">Names the row in messages: a pair's id, or <c>line 12</c>.</param>
/// <param name="Prompt">For DPO: the tokens that both sides share, a beginning-of-sequence token included. Null for SFT.</param>
/// <param name="Chosen">For DPO: the better answer with its end-of-turn token.</param>
/// <param name="Rejected">For DPO: the worse answer with its end-of-turn token.</param>
/// <param name="Tokens">For SFT: the whole conversation.</param>
/// <param name="Targets">For SFT: whether the token at the same place is the assistant's and so counts in the loss.</param>
/// <param name="Weights">For SFT: how much the target at the same place counts, above 0; the loss is the mean by weight. Null: all
/// count the same.</param>
public sealed record TrainingRow(
    string Id,
    ImmutableArray<int>? Prompt = null,
    ImmutableArray<int>? Chosen = null,
    ImmutableArray<int>? Rejected = null,
    ImmutableArray<int>? Tokens = null,
    ImmutableArray<bool>? Targets = null,
    ImmutableArray<double>? Weights = null);

/// <summary>The files of a training process, in its folder. A process that is started again on the same folder goes on from the
/// last checkpoint.</summary>
public static class TrainingFolder
{
    public const string Job = "job.json";
    public const string Data = "data.ndjson";

    /// <summary>One JSON object per optimiser step, under TRL's names; a step stands once even after a restart.</summary>
    public const string Metrics = "metrics.ndjson";

    /// <summary>A folder per checkpoint, <c>step-000020</c>, complete as soon as it has its name.</summary>
    public const string Checkpoints = "checkpoints";

    /// <summary>The trained model, or the merged one; complete as soon as it has its name.</summary>
    public const string Model = "model.gguf";

    /// <summary>With LoRA: the adapter in llama.cpp's form.</summary>
    public const string Adapter = "adapter.gguf";

    /// <summary>Why it cannot go on: <c>{"code": …, "message": …, "row": …}</c>.</summary>
    public const string Failure = "failure.json";

    /// <summary>The process holds a lock on it while it runs.</summary>
    public const string Lock = "trainer.lock";

    /// <summary>Asks the process to write a checkpoint and end.</summary>
    public const string Stop = "stop";
}
