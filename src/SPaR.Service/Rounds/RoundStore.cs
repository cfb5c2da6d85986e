using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Method.Examples;
using SPaR.Method.Input;
using SPaR.Service.Evaluations;
using SPaR.Service.Events;
using SPaR.Service.Items;
using SPaR.Service.Lifecycle;
using SPaR.Service.Trainings;

namespace SPaR.Service.Rounds;

/// <summary>Statements over the rounds of a run. The caller holds the lock on the run's row, so two workers never take one step
/// twice, and a transaction that is rolled back has taken none.</summary>
internal static class RoundStore
{
    /// <summary>Rounds count from here.</summary>
    public const int FirstRound = 1;

    public static Task<RunRound> CurrentAsync(SparDb db, string runId, CancellationToken cancellationToken) =>
        Newest(db, runId).FirstAsync(cancellationToken);

    /// <returns>The newest round first.</returns>
    public static IQueryable<RunRound> Newest(SparDb db, string runId) =>
        db.RunRounds.AsNoTracking().Where(r => r.RunId == runId).OrderByDescending(r => r.Round);

    /// <summary>Starts a round: its row, and an item for each of its instructions. Round 0 has none and is evaluated only.</summary>
    public static async Task StartAsync(
        SparDb db, Run run, int round, (string Actor, string Refiner, string Judge) models, CancellationToken cancellationToken)
    {
        var stage = EnumName.Of(round == 0 ? RoundStage.Evaluate : RoundStage.SelfPlay);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.run_rounds (run_id, round, stage, actor_id, refiner_id, judge_id, rolled_back, started_at, stage_at)
            VALUES ({run.Id}, {round}, {stage}, {models.Actor}, {models.Refiner}, {models.Judge}, false, now(), now())
            """, cancellationToken);
        await StageEventAsync(db, run.Id, round, stage, cancellationToken);
        if (round == 0)
            return;
        var each = run.Preview ?? run.Recipe.InstructionsPerRound ?? int.MaxValue;
        var first = run.Recipe.InstructionsPerRound is { } n ? (round - 1) * n : 0;
        // A preview draws from all instructions, by the run's seed.
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.run_items
                (run_id, round, instruction_id, ordinal, state, failures, lease_epoch, prefill_computed, prefill_forked,
                sample_generations, judge_generations, refine_generations, sample_tokens, judge_tokens, refine_tokens)
            SELECT {run.Id}, {round}, id, ordinal, 'pending', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM spar.instructions
            WHERE set_id = {run.SetId} AND ordinal >= {first} AND ordinal < {run.Instructions ?? int.MaxValue}
            ORDER BY CASE WHEN {run.Preview is not null} THEN md5(ordinal || '/' || {run.Seed}) END, ordinal LIMIT {each}
            """, cancellationToken);
    }

    /// <summary>Ends a round.</summary>
    public static async Task FinishAsync(SparDb db, RunRound round, bool rolledBack, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.run_rounds SET stage = 'done', rolled_back = {rolledBack}, stage_at = now(), finished_at = now()
            WHERE run_id = {round.RunId} AND round = {round.Round}
            """, cancellationToken);
        await StageEventAsync(db, round.RunId, round.Round, EnumName.Of(RoundStage.Done), cancellationToken);
    }

    public static async Task EnterAsync(SparDb db, RunRound round, RoundStage stage, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.run_rounds SET stage = {EnumName.Of(stage)}, stage_at = now(), finished_at = NULL
            WHERE run_id = {round.RunId} AND round = {round.Round}
            """, cancellationToken);
        await StageEventAsync(db, round.RunId, round.Round, EnumName.Of(stage), cancellationToken);
    }

    /// <summary>Stores the model that a training made, or that the model stays as it was.</summary>
    public static Task TakeAsync(SparDb db, RunRound round, TrainingRole role, string? model, CancellationToken cancellationToken) =>
        role is TrainingRole.Actor
            ? Of(db, round).ExecuteUpdateAsync(set => set.SetProperty(r => r.ActorOutId, model ?? round.ActorId), cancellationToken)
            : Of(db, round).ExecuteUpdateAsync(set => set.SetProperty(r => r.RefinerOutId, model ?? round.RefinerId), cancellationToken);

    /// <summary>Makes the round's training of a role, and stores its id in the round.</summary>
    public static async Task TrainAsync(SparDb db, RunRound round, TrainingRun training, CancellationToken cancellationToken)
    {
        await StatusMover.CreateAsync(db, WorkKind.Training, training.Id, training, cancellationToken);
        await SetTrainingAsync(db, round, training.Role!.Value, training.Id, cancellationToken);
    }

    /// <param name="training">Null forgets it.</param>
    public static Task SetTrainingAsync(
        SparDb db, RunRound round, TrainingRole role, string? training, CancellationToken cancellationToken) => role is TrainingRole.Actor
        ? Of(db, round).ExecuteUpdateAsync(set => set.SetProperty(r => r.ActorTrainingId, training), cancellationToken)
        : Of(db, round).ExecuteUpdateAsync(set => set.SetProperty(r => r.RefinerTrainingId, training), cancellationToken);

    /// <summary>Copies the measures of a benchmark's evaluation into the round.</summary>
    public static async Task TakeMeasuresAsync(SparDb db, RunRound round, string benchmark, CancellationToken cancellationToken)
    {
        var metrics = await Evaluations(db, round).Where(e => e.Name == benchmark).Select(e => e.Metrics).SingleAsync(cancellationToken);
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>> with =
            new SortedDictionary<string, IReadOnlyDictionary<string, Measure>>(
                round.Evaluation?.ToDictionary() ?? [], StringComparer.Ordinal)
            { [benchmark] = metrics!.Measures };
        await Of(db, round).ExecuteUpdateAsync(set => set.SetProperty(r => r.Evaluation, with), cancellationToken);
    }

    public static async Task<RoundState> StateAsync(SparDb db, Run run, RunRound now, RunRound? before, CancellationToken cancellationToken)
    {
        var items = now.Stage is RoundStage.SelfPlay
            ? await ItemStore.TotalsAsync(db, run.Id, now.Round, cancellationToken)
            : new(0, 0, 0, 0);
        var pairs = now.Stage is RoundStage.TrainActor
            && await db.Pairs.AnyAsync(p => p.RunId == run.Id && p.Round == now.Round && p.FilteredBy == null, cancellationToken);
        var kinds = now.Stage is RoundStage.TrainRefiner
            ? await db.RefinerExamples.Where(e => e.RunId == run.Id && e.Round == now.Round).Select(e => e.Kind).Distinct()
                .ToListAsync(cancellationToken)
            : [];
        var training = now.TrainingId is { } id ? await TrainingAsync(db, id, cancellationToken) : null;
        var benchmark = now.Stage is RoundStage.Evaluate
            ? run.Recipe.Evaluate.Benchmarks.FirstOrDefault(b => now.Evaluation?.ContainsKey(b.Name) is not true)?.Name
            : null;
        var evaluation = benchmark is null ? null : await EvaluationAsync(db, now, benchmark, cancellationToken);
        var rule = run.Recipe.Rollback;
        return new(
            now.Round, run.Rounds, now.Stage, run.Recipe.Train is not null, items, pairs,
            kinds.Exists(kind => RefinerExampleSelection.Cap(kind, run.Recipe.Examples) > 0), training,
            benchmark, evaluation, RollbackRule.Unmeasured(rule, now), RollbackRule.Worse(rule, before, now),
            now.Stage is RoundStage.Evaluate && now.Round > 0 && run.Target is { } target
                ? target.Limit(await ItemStore.UseAsync(db, run.Id, now.Round, cancellationToken))
                : null);
    }

    public static Task<RoundTraining> TrainingAsync(SparDb db, string id, CancellationToken cancellationToken) =>
        db.TrainingRuns.Where(t => t.Id == id)
            .Select(t => new RoundTraining(t.Id, t.Status, t.ResultId, t.FailureCode, t.FailureMessage)).SingleAsync(cancellationToken);

    /// <returns>The evaluations of the round that are neither done nor cancelled, in the order in which they were made.</returns>
    public static Task<List<string>> OpenEvaluationsAsync(SparDb db, RunRound round, CancellationToken cancellationToken) =>
        Evaluations(db, round).Where(e => e.Status != RunStatus.Succeeded && e.Status != RunStatus.Cancelled).OrderBy(e => e.CreatedAt)
            .Select(e => e.Id).ToListAsync(cancellationToken);

    public static Task<List<RunStatus>> EvaluationStatusesAsync(SparDb db, RunRound round, CancellationToken cancellationToken) =>
        Evaluations(db, round).Select(e => e.Status).ToListAsync(cancellationToken);

    private static Task StageEventAsync(SparDb db, string run, int round, string stage, CancellationToken cancellationToken) =>
        EventLog.AddAsync(db, run, "run.stage", new() { ["round"] = round, ["stage"] = stage }, cancellationToken);

    private static Task<RoundEvaluation?> EvaluationAsync(
        SparDb db, RunRound round, string benchmark, CancellationToken cancellationToken) =>
        Evaluations(db, round).Where(e => e.Name == benchmark)
            .Select(e => new RoundEvaluation(e.Id, e.Status, e.FailureCode, e.FailureMessage)).SingleOrDefaultAsync(cancellationToken);

    private static IQueryable<EvaluationRun> Evaluations(SparDb db, RunRound round) =>
        db.Evaluations.AsNoTracking().Where(e => e.RunId == round.RunId && e.Round == round.Round);

    private static IQueryable<RunRound> Of(SparDb db, RunRound round) =>
        db.RunRounds.AsNoTracking().Where(r => r.RunId == round.RunId && r.Round == round.Round);
}
