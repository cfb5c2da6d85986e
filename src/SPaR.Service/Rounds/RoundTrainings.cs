using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Items;
using SPaR.Service.Models;
using SPaR.Service.Trainings;

namespace SPaR.Service.Rounds;

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
            Name = $"{run.Name ?? run.Id} round {round.Round} {EnumName.Of(role)}",
            RunId = run.Id,
            Round = round.Round,
            Role = role,
            Method = role is TrainingRole.Actor ? run.Recipe.Pair.ActorMethod : TrainingMethod.Sft,
            ModelId = model,
            Sources = [new(run.Id, round.Round, null, data)],
            Options = options with { Seed = (long)(Seed.Derive(run.Seed, round.Round, "train", EnumName.Of(role)) >> 11) },
            Status = RunStatus.Queued,
            Step = 0,
            DroppedCount = 0,
            Restarts = 0,
            CreatedAt = time.GetUtcNow(),
        };
    }
}
