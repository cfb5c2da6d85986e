using SPaR.Abstractions;
using SPaR.Pairs;
using SPaR.Storage;
using SPaR.Training;

namespace SPaR.Runs;

/// <summary>What a round trains: which model, on what, how, and from which seed. Decides only.</summary>
internal static class RoundTrainings
{
    public static TrainingRun Of(Run run, RunRound round, TrainingRole role, TimeProvider time)
    {
        var train = run.Recipe.Train ?? throw new InvalidOperationException($"The run {run.Id} does not train.");
        var first = train.StartFrom is StartFrom.FirstRound;
        var (model, data, options) = role is TrainingRole.Actor
            ? (first ? run.ActorId : round.ActorId, TrainingData.Preferences, train.Actor)
            : (first ? run.RefinerId : round.RefinerId, TrainingData.RefinerExamples, train.Refiner);
        return new()
        {
            Id = Ids.New("trn", time),
            Name = $"{run.Name ?? run.Id} round {round.Round} {Kebab.Of(role)}",
            RunId = run.Id,
            Round = round.Round,
            Role = role,
            Method = role is TrainingRole.Actor && run.Recipe.Pair.Source is not PairSource.SftOnly
                ? TrainingMethod.Dpo
                : TrainingMethod.Sft,
            ModelId = model,
            Source = new(run.Id, round.Round, null, data),
            Options = options with { Seed = (long)(Seed.Derive(run.Seed, round.Round, "train", Kebab.Of(role)) >> 11) },
            Status = TrainingStatus.Queued,
            Step = 0,
            Dropped = [],
            Restarts = 0,
            CreatedAt = time.GetUtcNow(),
        };
    }
}
