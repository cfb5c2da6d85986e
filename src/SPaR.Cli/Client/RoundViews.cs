namespace SPaR.Cli.Client;

/// <summary>A round of a run. Round 0 has no stages but an evaluation: that of the models the run starts from.</summary>
/// <param name="ActorTraining">Id of the training run that makes the next actor; null before it begins, or where nothing is to be
/// learnt.</param>
/// <param name="RolledBack">Its models measured worse than those before and were put aside.</param>
/// <param name="Evaluation">Measures by name, by benchmark; null before the evaluation.</param>
/// <param name="Seconds">From the round's start to its end; null before that.</param>
internal sealed record RoundView(
    int Round, string Stage, string? ActorTraining, string? RefinerTraining, int? Pairs, double? Similarity, bool RolledBack,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, MeasureView>>? Evaluation, double? Seconds)
{
    /// <summary>The training that its stage waits for; null in other stages, and until it has begun.</summary>
    public string? Training => Stage switch
    {
        "train-actor" => ActorTraining,
        "train-refiner" => RefinerTraining,
        _ => null,
    };
}

/// <param name="Low">Of the 95 % interval.</param>
/// <param name="High">Of the 95 % interval.</param>
internal sealed record MeasureView(double Mean, double Low, double High);
