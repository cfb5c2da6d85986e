namespace SPaR.Cli.Client;

/// <summary>A round of a run. Round 0 only evaluates the models that the run starts from.</summary>
/// <param name="ActorTraining">Id of the actor's training run; null before it starts, or if there is nothing to train on.</param>
/// <param name="RolledBack">Its models measured worse than those of the round before, so the run ended with those.</param>
/// <param name="Evaluation">Measures by name, by benchmark; null before the evaluation.</param>
/// <param name="Counts">Its instructions by state; empty for round 0.</param>
/// <param name="Seconds">From the round's start to its end; null until then.</param>
internal sealed record RoundView(
    int Round, string Stage, string? ActorTraining, string? RefinerTraining, int? Pairs, double? Similarity, bool RolledBack,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, MeasureView>>? Evaluation, double? Seconds,
    IReadOnlyDictionary<string, int>? Counts = null)
{
    /// <summary>The training that the current stage waits for; null in other stages and until it has started.</summary>
    public string? Training => Stage switch
    {
        "train-actor" => ActorTraining,
        "train-refiner" => RefinerTraining,
        _ => null,
    };
}

/// <summary>A mean with its 95 % interval.</summary>
internal sealed record MeasureView(double Mean, double Low, double High);
