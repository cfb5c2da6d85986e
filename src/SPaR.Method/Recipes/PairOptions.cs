using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>What becomes a pair.</summary>
public sealed record PairOptions
{
    public PairSource Source { get; init; } = PairSource.Refined;

    /// <summary>A refined answer is chosen only if its value is strictly above this.</summary>
    [Range(0.0, 1.0)]
    public double Accept { get; init; } = 0.5;

    /// <summary>How the actor is trained on the pairs.</summary>
    internal TrainingMethod ActorMethod => Source is PairSource.SftOnly ? TrainingMethod.Sft : TrainingMethod.Dpo;
}

public enum PairSource
{
    /// <summary>The refined answer over the answer that it refines.</summary>
    Refined,

    /// <summary>A sampled answer judged good over one judged bad: the baseline without search.</summary>
    Independent,

    /// <summary>As <see cref="Refined"/>, but the actor is trained by SFT on the chosen side alone: the other baseline.</summary>
    SftOnly,
}
