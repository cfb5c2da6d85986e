using System.Collections.Immutable;

namespace SPaR.Abstractions;

/// <summary>The job of one training process: <c>job.json</c> in its own folder, which also holds <c>data.ndjson</c> and everything that the
/// process writes (<see cref="TrainingFolder"/>).</summary>
/// <param name="Model">The GGUF file that training starts from; also the reference of DPO.</param>
public sealed record TrainingJob(TrainingMethod Method, string Model, TrainingOptions Options);

public enum TrainingMethod
{
    /// <summary>Direct preference optimisation on pairs (arXiv 2305.18290).</summary>
    Dpo,

    /// <summary>Supervised fine-tuning on the assistant's turns.</summary>
    Sft,
}

/// <summary>Hyper-parameters; the defaults are those of arXiv 2412.11605 for the actor.</summary>
public sealed record TrainingOptions
{
    /// <summary>DPO's β, above 0 to 10.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>Weight of the chosen side's mean-token NLL, which is added to DPO's loss, 0 to 10.</summary>
    public double SftWeight { get; init; } = 0.1;

    /// <summary>0 to below 0.5 (conservative DPO).</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Above 0 to 1; the peak of the schedule.</summary>
    public double LearningRate { get; init; } = 2e-7;

    /// <summary>With <c>muon</c>, the learning rate of the matrices inside the blocks, on the same schedule, above 0 to 1. Null:
    /// <see cref="LearningRate"/>.</summary>
    public double? MuonLearningRate { get; init; }

    /// <summary><c>linear</c>, <c>cosine</c>, <c>constant</c> or <c>wsd</c> (warm-up, stable, decay: constant, then linear to 2 % over the
    /// last 30 % of the steps; arXiv 2404.06395), each after the warm-up.</summary>
    public string Schedule { get; init; } = "linear";

    /// <summary>Share of the steps in which the rate rises from 0, 0 to 1.</summary>
    public double Warmup { get; init; } = 0.1;

    /// <summary>1 to 1,000.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Pairs or conversations per optimiser step, 1 to 65,536.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Rows per forward pass, 1 to 4,096. Gradients are accumulated over the micro-batches of a batch.</summary>
    public int MicroBatch { get; init; } = 8;

    /// <summary>Rows with more tokens are dropped and listed, 8 to 131,072.</summary>
    public int Cutoff { get; init; } = 2048;

    /// <summary><c>adamw</c> or <c>muon</c> (Muon for the matrices inside the blocks, AdamW for the rest).</summary>
    public string Optimizer { get; init; } = "adamw";

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.999;

    public double WeightDecay { get; init; }

    /// <summary>The gradient's norm is clipped to this; 0 does not clip.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>The type to compute in, <c>f32</c> or <c>bf16</c>; the master weights are F32.</summary>
    public string Precision { get; init; } = "f32";

    /// <summary>Recomputes a block's activations in the backward pass instead of keeping them.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Null trains every weight.</summary>
    public LoraOptions? Lora { get; init; }

    public long Seed { get; init; }

    /// <summary>Steps between two checkpoints, 1 to 1,000,000.</summary>
    public int CheckpointEvery { get; init; } = 20;

    /// <summary>Threads that share the rows of a micro-batch, each with its own copy of the gradients; at most <see cref="MicroBatch"/> of
    /// them have work. 0: one per processor. Rounding and dropout depend on the number.</summary>
    public int Threads { get; init; }
}

/// <summary>Low-rank adapters (arXiv 2106.09685): W + (alpha / rank) B A.</summary>
public sealed record LoraOptions
{
    /// <summary>1 to 1,024.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>Above 0.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>0 to below 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Matrices to adapt: <c>attn_q</c>, <c>attn_k</c>, <c>attn_v</c>, <c>attn_output</c>, <c>ffn_gate</c>, <c>ffn_up</c>,
    /// <c>ffn_down</c>.</summary>
    public ImmutableArray<string> Targets { get; init; } =
        ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

    /// <summary>Also writes a merged GGUF.</summary>
    public bool Merge { get; init; }
}

/// <summary>A row of <c>data.ndjson</c>, tokenised with the chat template that inference uses.</summary>
/// <param name="Id">Identifies the row in messages: a pair's id, or <c>line 12</c>.</param>
/// <param name="Prompt">For DPO: the tokens that both sides share, including the beginning-of-sequence token. Null for SFT.</param>
/// <param name="Chosen">For DPO: the better answer with its end-of-turn token.</param>
/// <param name="Rejected">For DPO: the worse answer with its end-of-turn token.</param>
/// <param name="Tokens">For SFT: the whole conversation.</param>
/// <param name="Targets">For SFT: whether the token at the same index is the assistant's and counts in the loss.</param>
/// <param name="Weights">For SFT: the weight of the target at the same index, above 0; the loss is the weighted mean. Null: all count the
/// same.</param>
public sealed record TrainingRow(
    string Id,
    ImmutableArray<int>? Prompt = null,
    ImmutableArray<int>? Chosen = null,
    ImmutableArray<int>? Rejected = null,
    ImmutableArray<int>? Tokens = null,
    ImmutableArray<bool>? Targets = null,
    ImmutableArray<double>? Weights = null);

/// <summary>The files in the folder of a training process. A process restarted on the folder resumes from the last checkpoint.</summary>
public static class TrainingFolder
{
    public const string Job = "job.json";
    public const string Data = "data.ndjson";

    /// <summary>One JSON object per optimiser step, under TRL's names. Each step has one line, even after a restart.</summary>
    public const string Metrics = "metrics.ndjson";

    /// <summary>A folder per checkpoint, <c>step-000020</c>, complete once it exists.</summary>
    public const string Checkpoints = "checkpoints";

    /// <summary>The trained or merged model; complete once it exists.</summary>
    public const string Model = "model.gguf";

    /// <summary>With LoRA: the adapter in llama.cpp's format.</summary>
    public const string Adapter = "adapter.gguf";

    /// <summary>Why training failed: <c>{"code": …, "message": …, "row": …}</c>.</summary>
    public const string Failure = "failure.json";

    /// <summary>Locked by the process while it runs.</summary>
    public const string Lock = "trainer.lock";

    /// <summary>Creating this file makes the process write a checkpoint and stop.</summary>
    public const string Stop = "stop";
}
