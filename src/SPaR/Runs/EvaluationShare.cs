using Microsoft.EntityFrameworkCore;
using Npgsql;
using SPaR.Evaluation;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Runs;

/// <summary>Evaluates a round on this worker, one benchmark after the other, and stops when the run is put down. A benchmark that was
/// cut off is repeated; one that is stored is not. Knows nothing of what a benchmark does.</summary>
internal sealed class EvaluationShare(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    RunLifecycle lifecycle,
    IEnumerable<IBenchmark> benchmarks,
    RunSignals signals,
    TimeProvider time)
{
    // Signals come at once; this is for those that a broken connection lost.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(800);

    /// <param name="round">In the stage of evaluation.</param>
    /// <param name="players">The models after the round.</param>
    public async Task WorkAsync(Run run, RunRound round, Players players, CancellationToken cancellationToken)
    {
        // One worker evaluates; the others have the processors for something else.
        await using var held = await WorkLock.TryTakeAsync(source, run.Id, cancellationToken);
        if (held is null)
            return;
        foreach (var name in run.Recipe.Evaluate.Benchmarks)
        {
            if (await StandsAsync(round, name, cancellationToken))
                continue;
            var benchmark = benchmarks.FirstOrDefault(b => b.Name == name)
                ?? throw new InvalidOperationException(
                    $"This worker has no benchmark '{name}', which the recipe names; run a worker of the version that took the run.");
            // The same seed in every round: the rounds differ by their models, and not by what was drawn.
            var seed = (long)(Seed.Derive(run.Seed, "evaluate", name) >> 11);
            if (await MeasureAsync(run, benchmark, players, seed, cancellationToken) is not { } measures)
                return;
            await lifecycle.EvaluatedAsync(round, name, measures, cancellationToken);
        }
    }

    /// <returns>Null when the run was put down meanwhile.</returns>
    private async Task<IReadOnlyDictionary<string, Measure>?> MeasureAsync(
        Run run, IBenchmark benchmark, Players players, long seed, CancellationToken cancellationToken)
    {
        using var down = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wake = new Wake(time);
        using var subscription = signals.Subscribe(changed =>
        {
            if (changed == run.Id)
                wake.Now();
        });
        var measuring = Task.Run(() => MeasureAllAsync(run, benchmark, players, seed, down.Token), CancellationToken.None);
        _ = measuring.ContinueWith(
            _ => wake.Now(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            while (!measuring.IsCompleted && await IsRunningAsync(run.Id, cancellationToken))
                await wake.WaitAsync(LookAgain, cancellationToken);
        }
        finally
        {
            if (!measuring.IsCompleted)
                await down.CancelAsync();
            // However it ends, the models are not in use any more.
            await ((Task)measuring).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return down.IsCancellationRequested && !measuring.IsCompletedSuccessfully ? null : await measuring;
    }

    private static async Task<IReadOnlyDictionary<string, Measure>> MeasureAllAsync(
        Run run, IBenchmark benchmark, Players players, long seed, CancellationToken stop)
    {
        var items = benchmark.Own
            ?? throw new InvalidOperationException($"The benchmark '{benchmark.Name}' has no items of its own.");
        var most = 2 * new[] { players.Actor, players.Refiner, players.Judge }.Max(model => model.Sequences);
        var results = new ItemResult[items.Count];
        await Parallel.ForAsync(
            0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = most, CancellationToken = stop },
            async (i, token) => results[i] = await benchmark.RunAsync(
                items[i], new(run.Id, i, seed, players, run.Recipe, Decoding.Greedy), token));
        return Measures.Of(results).Concat(benchmark.Figures(results)).ToDictionary();
    }

    private async Task<bool> StandsAsync(RunRound round, string benchmark, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var now = await RoundStore.CurrentAsync(db, round.RunId, cancellationToken);
        return now.Round != round.Round || now.Stage is not RoundStage.Evaluate || now.Evaluation?.ContainsKey(benchmark) is true;
    }

    private async Task<bool> IsRunningAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Runs.AnyAsync(r => r.Id == runId && r.Status == RunStatus.Running, cancellationToken);
    }
}
