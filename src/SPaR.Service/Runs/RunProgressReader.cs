using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;
using SPaR.Service.Lifecycle;
using SPaR.Service.Rounds;

namespace SPaR.Service.Runs;

/// <summary>What is going on in a run that is running: its stage, its workers, and how long it will take.</summary>
/// <param name="Stage">Of the current round.</param>
/// <param name="Activity">Null while no worker is on it: it waits for one, or its training has a process of its own.</param>
internal sealed record RunNow(StageProgress Stage, Activity? Activity, RemainingTime Remaining);

internal static class RunProgressReader
{
    /// <param name="rounds">That have started, in order.</param>
    /// <param name="statistics">Of all rounds.</param>
    /// <param name="counts">Of its rows.</param>
    /// <returns>Null unless it is running.</returns>
    public static async Task<RunNow?> ReadAsync(
        SparDb db, Run run, IReadOnlyList<RunRound> rounds, RunStatistics statistics, RunCounts counts, CancellationToken cancellationToken)
    {
        if (run.Status is not RunStatus.Running)
            return null;
        var round = rounds[^1];
        var items = counts.Items.Where(i => i.Round == round.Round).ToList();
        var stage = await StageProgress.ReadAsync(
            db, round, (items.Where(i => i.State is not ItemState.Pending).Sum(i => i.Count), items.Sum(i => i.Count)), cancellationToken);
        var pairs = counts.Pairs.Where(p => p.Round == round.Round).Sum(p => p.Count);
        var work = round.Stage is RoundStage.Evaluate
            ? await db.Evaluations.Where(e => e.RunId == run.Id && e.Status == RunStatus.Running).Select(e => e.Id)
                .ToListAsync(cancellationToken)
            : [];
        var activities = await Activity.ReadAsync(db, [run.Id, .. work], cancellationToken);
        var activity = work.Prepend(run.Id).Select(id => activities.GetValueOrDefault(id)).LastOrDefault(found => found is not null);
        var now = await db.Database.SqlQuery<DateTimeOffset>($"""SELECT now() AS "Value" """).SingleAsync(cancellationToken);
        var finished = rounds.Where(r => r is { Round: > 0, FinishedAt: not null })
            .Select(r => (r.FinishedAt!.Value - r.StartedAt).TotalSeconds).ToList();
        return new(stage, activity, RemainingTime.Of(new(
            round.Stage, stage.Done, Expected(run, round, stage, pairs), (now - round.StageAt).TotalSeconds,
            (now - round.StartedAt).TotalSeconds, statistics.Progress.Done, statistics.Tokens.Generated, activity?.Generated ?? 0,
            activity?.TokensPerSecond ?? 0, HasMoreStages(run, round.Stage), run.Rounds - round.Round, finished)));
    }

    /// <summary>Under a target of pairs, self-play ends before the last instruction if they come as often as so far.</summary>
    private static int? Expected(Run run, RunRound round, StageProgress stage, int pairs) =>
        round.Stage is RoundStage.SelfPlay && run.Target?.Pairs is { } wanted && stage.Total is { } total && pairs > 0
            ? (int)Math.Min(total, Math.Ceiling((double)stage.Done * wanted / pairs))
            : stage.Total;

    private static bool HasMoreStages(Run run, RoundStage stage) => stage switch
    {
        RoundStage.SelfPlay => run.Recipe.Train is not null,
        RoundStage.TrainActor => true,
        RoundStage.TrainRefiner => !run.Recipe.Evaluate.Benchmarks.IsEmpty,
        _ => false,
    };
}
