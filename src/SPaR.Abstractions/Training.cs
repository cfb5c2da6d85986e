using System.Collections.Immutable;

namespace SPaR.Abstractions;

/// <summary>What a training process is to do: <c>job.json</c> in the process's folder, next to <c>data.ndjson</c>. Everything that the
/// process writes goes there too (<see cref="TrainingFolder"/>).</summary>
/// <param name="Model">The GGUF file that training starts from; it is also the reference of DPO.</param>
public sealed record TrainingJob(TrainingMethod Method, string Model, TrainingOptions Options)
{
    /// <summary>Of <see cref="Model"/>; the process refuses another content. Null: any.</summary>
    public string? ModelSha256 { get; init; }

    /// <summary>Of each dataset, in the order of <see cref="TrainingRow.Set"/>: its share of an epoch. Empty: each row once.</summary>
    public ImmutableArray<double> Weights { get; init; } = [];
}

public enum TrainingMethod
{
    /// <summary>Preference optimisation on pairs, with the loss of <see cref="TrainingOptions.LossType"/>.</summary>
    Dpo,

    /// <summary>Supervised fine-tuning on the assistant's turns.</summary>
    Sft,
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
/// <param name="Set">The dataset that it is from, where there are several, from 0.</param>
public sealed record TrainingRow(
    string Id,
    ImmutableArray<int>? Prompt = null,
    ImmutableArray<int>? Chosen = null,
    ImmutableArray<int>? Rejected = null,
    ImmutableArray<int>? Tokens = null,
    ImmutableArray<bool>? Targets = null,
    ImmutableArray<double>? Weights = null,
    int? Set = null);

/// <summary>How a training with held-out rows ended: <c>outcome.json</c>.</summary>
/// <param name="Code"><c>completed</c> after all steps, <c>early-stopping</c> before.</param>
/// <param name="Message">The same in words.</param>
/// <param name="BestStep">The step whose evaluation was the best.</param>
/// <param name="BestMetric">The value of <see cref="TrainingOptions.MetricForBestModel"/> there.</param>
/// <param name="ModelStep">The step whose weights the trained model has.</param>
public sealed record TrainingOutcome(string Code, string Message, long BestStep, double BestMetric, long ModelStep);

/// <summary>The files of a training process, in its folder. A process that is started again on the same folder goes on from the
/// last checkpoint.</summary>
public static class TrainingFolder
{
    public const string Job = "job.json";
    public const string Data = "data.ndjson";

    /// <summary>Rows like those of <see cref="Data"/> that are evaluated and not trained on. Not there without any.</summary>
    public const string EvalData = "eval.ndjson";

    /// <summary>One JSON object per optimiser step, under TRL's names; a step stands once even after a restart.</summary>
    public const string Metrics = "metrics.ndjson";

    /// <summary>A <see cref="TrainingOutcome"/>; complete before the trained model is.</summary>
    public const string Outcome = "outcome.json";

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
