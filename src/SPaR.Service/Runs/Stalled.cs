using SPaR.Method;
using SPaR.Service.Items;
using SPaR.Service.Lifecycle;
using SPaR.Service.Rounds;

namespace SPaR.Service.Runs;

/// <summary>A run has made no progress for longer than its <see cref="Run.StallSeconds"/>.</summary>
/// <param name="Since">Its last progress.</param>
/// <param name="Code"><c>no-worker</c>, <c>workers-busy</c>, <c>loading</c>, <c>training-paused</c>, <c>training-waits</c> or
/// <c>no-output</c>.</param>
/// <param name="Detail">The same in words, and what to do.</param>
internal sealed record Stalled(DateTimeOffset Since, string Code, string Detail)
{
    /// <returns>Null for a run that makes progress, or waits for nobody.</returns>
    public static async Task<Stalled?> FindAsync(
        SparDb db, Run run, RunRound round, Activity? activity, CancellationToken cancellationToken)
    {
        if (run.Status is not (RunStatus.Queued or RunStatus.Running) || activity is { TokensPerSecond: > 0 })
            return null;
        var last = await db.Database.SqlQuery<StallFacts>(
            $"""
            SELECT p.at AS since, now() AS now, t.status AS training,
                (SELECT count(*)::int FROM hangfire.server WHERE lastheartbeat > now() - interval '2 minutes') AS workers
            FROM spar.runs r
            LEFT JOIN spar.training_runs t ON t.id = {round.TrainingId}
            CROSS JOIN LATERAL (SELECT greatest(
                {round.StageAt}, r.created_at, r.started_at,
                (SELECT max(created_at) FROM spar.events WHERE subject = r.id AND type <> {StallEvent}),
                (SELECT max(finished_at) FROM spar.run_items WHERE run_id = r.id AND round = {round.Round}),
                (SELECT read_at FROM spar.training_metrics WHERE training_run_id = {round.TrainingId} ORDER BY step DESC LIMIT 1),
                (SELECT max(s.created_at) FROM spar.evaluations e JOIN spar.evaluation_results s ON s.evaluation_id = e.id
                    WHERE e.run_id = r.id AND e.round = {round.Round})) AS at) p
            WHERE r.id = {run.Id}
            """).SingleAsync(cancellationToken);
        return last.Now - last.Since < TimeSpan.FromSeconds(run.StallSeconds) ? null : Of(last, activity);
    }

    public const string StallEvent = "run.stalled";

    internal static Stalled Of(StallFacts facts, Activity? activity) => (facts, activity) switch
    {
        ({ Workers: 0 }, _) => new(
            facts.Since, "no-worker", "No worker is running. Start one: ./spar up, or a process with --role worker."),
        ({ Training: "paused" }, _) => new(facts.Since, "training-paused", "Its training is paused. Resume the training."),
        ({ Training: "queued" }, _) => new(
            facts.Since, "training-waits", "Its training waits for others to end. Raise Training:Concurrent if the machine has room."),
        ({ Training: "running" }, null) => new(
            facts.Since, "no-output", "Its training process has reported no step. Look at its log in the training folder."),
        (_, null) => new(
            facts.Since, "workers-busy", "No worker has taken it. All are busy with other work, or its job waits for a retry; "
            + "/hangfire shows both."),
        (_, { Phase: WorkPhase.Loading }) => new(
            facts.Since, "loading", "A worker is still loading its models. Look at the worker's log, and at its memory."),
        _ => new(
            facts.Since, "no-output", "A worker has it but generates nothing. Look at the worker's log; pause and resume the run to "
            + "have it taken again."),
    };
}

/// <param name="Since">The last progress.</param>
/// <param name="Training">Status of the round's training; null without one.</param>
/// <param name="Workers">That are alive.</param>
internal sealed record StallFacts(DateTimeOffset Since, DateTimeOffset Now, string? Training, int Workers);
