using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;

namespace SPaR.Abstractions;

/// <summary>Hyper-parameters, under the names that TRL, Transformers and PEFT give them where they mean the same there. The defaults are
/// those of arXiv 2412.11605 for the actor.</summary>
public sealed record TrainingOptions
{
    /// <summary>The preference loss, under TRL's name; several are added, each times its weight in <see cref="LossWeights"/>.</summary>
    [AllowedValues("sigmoid", "ipo", "hinge", "robust", "apo_zero", "sigmoid_norm", "simpo", "orpo", "kto")]
    public ImmutableArray<string> LossType { get; init; } = ["sigmoid"];

    /// <summary>A weight for each of <see cref="LossType"/>; empty counts each once.</summary>
    [EachUpTo(100)]
    public ImmutableArray<double> LossWeights { get; init; } = [];

    /// <summary>β of the losses; IPO's τ and ORPO's λ.</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>Weight of the chosen side's mean-token NLL, which is added to the preference loss. The default depends on the loss
    /// (<see cref="DefaultRpoAlpha"/>).</summary>
    [Range(0.0, 10.0)]
    public double RpoAlpha { get; init; } = 0.1;

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

    /// <summary>How the learning rate changes after the warm-up. <c>warmup_stable_decay</c> is constant, then over the last 30 % of the
    /// steps linear to 2 % (arXiv 2404.06395).</summary>
    [AllowedValues("linear", "cosine", "constant_with_warmup", "warmup_stable_decay")]
    public string LrSchedulerType { get; init; } = "linear";

    /// <summary>Share of the steps in which the rate rises from 0.</summary>
    [Range(0.0, 1.0)]
    public double WarmupRatio { get; init; } = 0.1;

    /// <summary>Passes over the data.</summary>
    [Range(1, 1000)]
    public int NumTrainEpochs { get; init; } = 1;

    /// <summary>Rows (pairs or conversations) per optimiser step.</summary>
    [Range(1, 65_536)]
    public int BatchSize { get; init; } = 32;

    /// <summary>Rows per forward pass; gradients accumulate over the passes of a batch.</summary>
    [Range(1, 4096)]
    public int MicroBatchSize { get; init; } = 8;

    /// <summary>The longest row, in tokens. Longer ones are dropped and listed.</summary>
    [Range(8, 131_072)]
    public int MaxLength { get; init; } = 2048;

    /// <summary><c>adamw_8bit</c> is AdamW with a state of 2 instead of 8 bytes per weight (arXiv 2110.02861). <c>muon</c> is Muon for the
    /// matrices inside the blocks and AdamW for the rest.</summary>
    [AllowedValues("adamw_torch", "adamw_8bit", "muon")]
    public string Optim { get; init; } = "adamw_torch";

    /// <summary>AdamW's decay rate of the gradient's mean.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double AdamBeta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay rate of the gradient's square.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double AdamBeta2 { get; init; } = 0.999;

    /// <summary>How much of each weight is taken off per step, times the learning rate.</summary>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; }

    /// <summary>The gradient's norm is clipped to this; 0 does not clip.</summary>
    [Range(0.0, 1000.0)]
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>Weights are BF16 in forward and backward passes, not F32; the master copies are F32.</summary>
    public bool Bf16 { get; init; }

    /// <summary>Recomputes a block's activations in the backward pass instead of keeping them.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Trains an adapter; null trains every weight.</summary>
    public LoraOptions? Lora { get; init; }

    /// <summary>Share of the rows that are held out: evaluated and not trained on. Drawn from the seed by prompt, so that no prompt is on
    /// both sides.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double ValSize { get; init; }

    /// <summary>Steps between two evaluations of the held-out rows; null: at the end of each epoch. The last step is evaluated
    /// too.</summary>
    [Range(1, 1_000_000)]
    public int? EvalSteps { get; init; }

    /// <summary>The trained model has the weights of the best evaluation, not of the last step.</summary>
    public bool LoadBestModelAtEnd { get; init; }

    /// <summary>Decides which evaluation is the best: the lowest loss, or the highest reward, margin or accuracy.</summary>
    [AllowedValues(
        "eval_loss", "eval_preference_loss", "eval_nll_loss", "eval_rewards/chosen", "eval_rewards/margins", "eval_rewards/accuracies")]
    public string MetricForBestModel { get; init; } = "eval_loss";

    /// <summary>Evaluations in a row without an improvement after which the training stops; null: it does not.</summary>
    [Range(1, 1000)]
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>The metric must improve by more than this to count as an improvement.</summary>
    [Range(0.0, 1000.0)]
    public double EarlyStoppingThreshold { get; init; }

    /// <summary>Of shuffling, dropout, initial adapters and held-out rows.</summary>
    public long Seed { get; init; }

    /// <summary>Steps between two checkpoints.</summary>
    [Range(1, 1_000_000)]
    public int SaveSteps { get; init; } = 20;

    /// <summary>Checkpoints that are kept, the newest ones; with <see cref="LoadBestModelAtEnd"/> also that of the best
    /// evaluation.</summary>
    [Range(1, 1000)]
    public int SaveTotalLimit { get; init; } = 2;

    /// <summary>Threads that share the rows of a pass, each with its own copy of the gradients; no more than <see cref="MicroBatchSize"/>
    /// have work. 0 is one per processor. Sums and dropout depend on the number.</summary>
    [Range(0, 1024)]
    public int Threads { get; init; }

    /// <summary>Whether the higher value of a metric is the better one.</summary>
    /// <param name="metric">One of those of <see cref="MetricForBestModel"/>.</param>
    public static bool IsGreaterBetter(string metric) => !metric.EndsWith("loss", StringComparison.Ordinal);

    /// <summary>arXiv 2412.11605 adds a tenth of the NLL to DPO, and ORPO is made of the NLL and its own term. The other papers add
    /// nothing.</summary>
    /// <param name="loss">The first of <see cref="LossType"/>.</param>
    public static double DefaultRpoAlpha(string loss) => loss switch
    {
        "sigmoid" => 0.1,
        "orpo" => 1,
        _ => 0,
    };
}

/// <summary>What each number of a list may be: above 0, and at most this.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EachUpToAttribute(double most) : Attribute
{
    public double Most { get; } = most;
}

/// <summary>The option is read by these losses only.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OfLossesAttribute(params string[] losses) : Attribute
{
    public IReadOnlyList<string> Losses { get; } = losses;
}
