using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;
using SPaR.Service.Lifecycle;
using SPaR.Service.Rounds;
using SPaR.Service.Runs;
using SPaR.Service.Storage;

namespace SPaR.Service.Worker;

/// <summary>Evaluates a round on this worker, one benchmark after the other, and stops when the run is put down. Each is an evaluation
/// with results by item, as a user's is: what was cut off goes on with the items that are left. Knows nothing of what a benchmark
/// does.</summary>
internal sealed class RoundEvaluation(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    RunLifecycle lifecycle,
    EvaluationLifecycle evaluations,
    EvaluationStore store,
    EvaluationWorkSlice items,
    IEnumerable<IBenchmark> benchmarks,
    IOptions<WorkerOptions> options,
    TimeProvider time)
{
    /// <param name="round">In the stage of evaluation.</param>
    /// <param name="models">The models after the round.</param>
    public async Task WorkAsync(Run run, RunRound round, RunModels models, CancellationToken cancellationToken)
    {
        // One worker evaluates; the others have the processors for something else.
        await using var held = await WorkLock.TryTakeAsync(source, run.Id, cancellationToken);
        if (held is null)
            return;
        foreach (var asked in run.Recipe.Evaluate.Benchmarks)
        {
            if (await StandsAsync(round, asked.Name, cancellationToken))
                continue;
            var benchmark = EvaluationRules.BenchmarkOf(benchmarks, asked.Benchmark);
            var evaluation = await evaluations.OfRoundAsync(
                await DraftAsync(run, round, asked, benchmark, cancellationToken), cancellationToken);
            var end = await items.WorkAsync(
                evaluation, benchmark, models, run.Id, stop => IsRunningAsync(run.Id, stop), options.Value.Share, cancellationToken);
            // Where the time is over, the watch asks for another share.
            if (end is not SliceEnd.AllDone)
                return;
            var metrics = await store.SumUpAsync(evaluation, benchmark, cancellationToken);
            // A crash between these two repeats both: the first changes nothing then.
            await evaluations.SucceedAsync(evaluation.Id, metrics, cancellationToken);
            await lifecycle.EvaluatedAsync(round, asked.Name, metrics.Measures, cancellationToken);
        }
    }

    private async Task<EvaluationRun> DraftAsync(
        Run run, RunRound round, RoundBenchmark asked, IBenchmark benchmark, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var set = asked.Data is null
            ? null
            : await db.BenchmarkSets.AsNoTracking().SingleAsync(s => s.Id == asked.Data, cancellationToken);
        var decoding = EvaluationRules.Resolved(benchmark, asked.Decoding);
        var needs = EvaluationRules.Needs(benchmark, decoding);
        return new()
        {
            Id = Ids.New("evl", time),
            Name = asked.Name,
            Benchmark = benchmark.Name,
            SetId = set?.Id,
            DataHash = EvaluationRules.DataHash(benchmark, set),
            ActorId = round.LastActorId,
            RefinerId = needs.HasFlag(BenchmarkNeeds.Refiner) ? round.LastRefinerId : null,
            JudgeId = needs.HasFlag(BenchmarkNeeds.Judge) ? round.LastJudgeId : null,
            Decoding = decoding,
            // Without what it says of rounds, so that the same can be asked for by hand.
            Recipe = run.Recipe with { Train = null, Evaluate = new(), Rollback = null, InstructionsPerRound = null },
            // The same seed in every round: the rounds differ by their models, and not by what was drawn.
            Seed = (long)(Seed.Derive(run.Seed, "evaluate", asked.Name) >> 11),
            Limit = asked.Limit,
            Items = EvaluationRules.Items(benchmark, set, asked.Limit),
            Status = RunStatus.Running,
            RunId = run.Id,
            Round = round.Round,
            CreatedAt = time.GetUtcNow(),
            StartedAt = time.GetUtcNow(),
        };
    }

    private async Task<bool> StandsAsync(RunRound round, string name, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var now = await RoundStore.CurrentAsync(db, round.RunId, cancellationToken);
        return now.Round != round.Round || now.Stage is not RoundStage.Evaluate || now.Evaluation?.ContainsKey(name) is true;
    }

    private async Task<bool> IsRunningAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Runs.AnyAsync(r => r.Id == runId && r.Status == RunStatus.Running, cancellationToken);
    }
}
