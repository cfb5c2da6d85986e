using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>How a round's data trains its models.</summary>
public sealed record TrainOptions
{
    /// <summary>By DPO on the round's pairs; with <c>pair.source: sft-only</c>, by SFT on their chosen sides.</summary>
    public TrainingOptions Actor { get; init; } = new();

    /// <summary>By SFT on the round's refiner examples.</summary>
    public TrainingOptions Refiner { get; init; } = RefinerDefaults;

    /// <summary>Which models each round's training starts from.</summary>
    public StartFrom StartFrom { get; init; } = StartFrom.LastRound;

    /// <summary>The paper's options for the refiner (arXiv 2412.11605).</summary>
    public static TrainingOptions RefinerDefaults { get; } = new() { LearningRate = 1e-6, MaxLength = 4096 };
}

public enum StartFrom
{
    /// <summary>Those of the previous round.</summary>
    LastRound,

    /// <summary>Those that the run started with.</summary>
    FirstRound,
}

/// <summary>How the models are measured, before the first round and after each.</summary>
public sealed record EvaluateOptions
{
    public ImmutableArray<RoundBenchmark> Benchmarks { get; init; } = [];
}

/// <summary>When a round's models are discarded for those of the previous round.</summary>
public sealed record RollbackOptions
{
    /// <summary>The name of one of the evaluated benchmarks.</summary>
    public string Benchmark { get; init; } = "";

    public string Measure { get; init; } = "";

    /// <summary>How much worse the measure's mean may get in one round.</summary>
    [Range(0.0, 1.0)]
    public double Tolerance { get; init; }
}
