using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Rounds;
using SPaR.Service.Trainings;

namespace SPaR.Service.Worker;

/// <summary>Describes a run's jobs by the progress of its current round: inputs, training steps or benchmark items.</summary>
internal sealed class RunJobDescriber(IDbContextFactory<SparDb> databases) : IJobDescriber
{
    public string Kind => JobKinds.Run;

    public async Task<JobDescription?> DescribeAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await RoundStore.Newest(db, key).FirstOrDefaultAsync(cancellationToken) is not { } round)
            return null;
        var (done, total) = await CountAsync(db, round, cancellationToken);
        return new(
            key, FormattableString.Invariant($"round {round.Round}, {EnumName.Of(round.Stage)}"), done, total, Run.Link(key));
    }

    private static async Task<(int? Done, int? Total)> CountAsync(SparDb db, RunRound round, CancellationToken cancellationToken)
    {
        switch (round.Stage)
        {
            case RoundStage.TrainActor or RoundStage.TrainRefiner:
                var training = await db.TrainingRuns.Where(t => t.Id == round.TrainingId).Select(t => new { t.Step, t.Steps })
                    .SingleOrDefaultAsync(cancellationToken);
                return (training?.Step, training?.Steps);
            case RoundStage.Evaluate:
                var evaluations = db.Evaluations.Where(e => e.RunId == round.RunId && e.Round == round.Round);
                return (
                    await db.EvaluationResults.CountAsync(r => evaluations.Any(e => e.Id == r.EvaluationId), cancellationToken),
                    await evaluations.SumAsync(e => e.Items, cancellationToken));
            default:
                var items = db.RunItems.Where(i => i.RunId == round.RunId && i.Round == round.Round);
                return (
                    await items.CountAsync(i => i.State != ItemState.Pending, cancellationToken),
                    await items.CountAsync(cancellationToken));
        }
    }
}
