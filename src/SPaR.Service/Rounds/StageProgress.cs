using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;
using SPaR.Service.Trainings;

namespace SPaR.Service.Rounds;

/// <summary>How far the current stage of a round has come.</summary>
/// <param name="Evaluation">The name of the benchmark that is measured; null in other stages.</param>
/// <param name="Done">Instructions, training steps or benchmark items.</param>
/// <param name="Total">Null until the training's data is prepared.</param>
internal sealed record StageProgress(string? Evaluation, int Done, int? Total)
{
    /// <param name="items">The round's instructions, where the caller has counted them; null to count them.</param>
    public static async Task<StageProgress> ReadAsync(
        SparDb db, RunRound round, (int Done, int Total)? items, CancellationToken cancellationToken)
    {
        switch (round.Stage)
        {
            case RoundStage.TrainActor or RoundStage.TrainRefiner:
                var training = await db.TrainingRuns.Where(t => t.Id == round.TrainingId).Select(t => new { t.Step, t.Steps })
                    .SingleOrDefaultAsync(cancellationToken);
                return new(null, training?.Step ?? 0, training?.Steps);
            case RoundStage.Evaluate:
                // One after the other; ids are in the order in which they were made.
                var evaluation = await db.Evaluations.Where(e => e.RunId == round.RunId && e.Round == round.Round)
                    .OrderByDescending(e => e.Id).Select(e => new { e.Id, e.Name, e.Items }).FirstOrDefaultAsync(cancellationToken);
                return evaluation is null
                    ? new(null, 0, null)
                    : new(
                        evaluation.Name,
                        await db.EvaluationResults.CountAsync(r => r.EvaluationId == evaluation.Id, cancellationToken), evaluation.Items);
            default:
                var (done, total) = items ?? await CountAsync(db, round, cancellationToken);
                return new(null, done, total);
        }
    }

    private static async Task<(int Done, int Total)> CountAsync(SparDb db, RunRound round, CancellationToken cancellationToken)
    {
        var items = db.RunItems.Where(i => i.RunId == round.RunId && i.Round == round.Round);
        return (await items.CountAsync(i => i.State != ItemState.Pending, cancellationToken), await items.CountAsync(cancellationToken));
    }
}
