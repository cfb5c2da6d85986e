using Microsoft.EntityFrameworkCore;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Runs;

/// <summary>Tells of a run's jobs how far its current round is: of its inputs, of the steps of a training, of the items that
/// measure.</summary>
internal sealed class RunJobStory(IDbContextFactory<SparDb> databases) : IJobStory
{
    public string Kind => RunJob.JobKind;

    public async Task<JobStory?> TellAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await RoundStore.Newest(db, key).FirstOrDefaultAsync(cancellationToken) is not { } round)
            return null;
        var (done, total) = await CountAsync(db, round, cancellationToken);
        return new(
            key, FormattableString.Invariant($"round {round.Round}, {Kebab.Of(round.Stage)}"), done, total, Link(key));
    }

    /// <summary>Where a run is shown.</summary>
    public static string Link(string runId) => $"/v1/runs/{runId}";

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
