using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Evaluations;
using SPaR.Service.Logging;
using SPaR.Service.Tracing;

namespace SPaR.Service.Worker;

/// <summary>Measures the items of an evaluation that have no result, and stores each result as it is produced, so that a crash loses none.
/// Knows nothing of what a benchmark does.</summary>
internal sealed class EvaluationWorkSlice(
    IDbContextFactory<SparDb> databases, EvaluationStore store, WorkSlice slice, IOptions<WorkerOptions> options,
    ILogger<EvaluationWorkSlice> logger)
{
    /// <param name="oneByOne">One item at a time, so that one over which the process of a model dies is known.</param>
    public async Task<SliceEnd> WorkAsync(
        EvaluationRun evaluation, IBenchmark benchmark, RunModels models, WorkMeter meter, bool oneByOne,
        CancellationToken cancellationToken)
    {
        var capacity = oneByOne ? 1 : options.Value.InFlight ?? models.InFlight;
        await using var open = store.OpenItemsAsync(evaluation, benchmark, cancellationToken).GetAsyncEnumerator(cancellationToken);
        return await slice.RunAsync(
            new BenchmarkItems(databases, evaluation, open, capacity, MeasureAndSaveAsync), cancellationToken);

        async Task MeasureAndSaveAsync(OrdinalItem item, CancellationToken stop)
        {
            using var measured = meter.Start();
            try
            {
                await store.SaveAsync(
                    evaluation, item, await MeasureAsync(evaluation, benchmark, measured.Of(models), item, stop), models);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // It has no result, so the next slice measures it.
            }
            catch (ModelProcessDiedException error) when (capacity == 1)
            {
                // No other item can have killed it. The slice ends too: the job counts its deaths.
                await store.SaveAsync(evaluation, item, new(ResultState.Failed, error.Message, null), models);
                throw;
            }
        }
    }

    private async Task<ItemEnding> MeasureAsync(
        EvaluationRun evaluation, IBenchmark benchmark, RunModels models, OrdinalItem item, CancellationToken stop)
    {
        using var span = WorkTrace.Begin(
            "evaluation item", evaluation.TraceParent, new("spar.evaluation.id", evaluation.Id), new("spar.run.id", evaluation.RunId),
            new("spar.item.key", item.Item.Key));
        var measuring = new Measuring(
            evaluation.Id, item.Ordinal, evaluation.Seed, models, evaluation.Recipe, evaluation.Decoding ?? Decoding.Greedy);
        try
        {
            return ItemEnding.Done(await benchmark.RunAsync(item.Item, measuring, stop));
        }
        catch (PromptTooLongException error)
        {
            return new(ResultState.TooLong, error.Message, null);
        }
        catch (Exception error) when (!stop.IsCancellationRequested && !IsFatal(error))
        {
            logger.EvaluationItemFailed(error, item.Item.Key, evaluation.Id);
            return new(ResultState.Failed, error.Message, null);
        }
    }

    /// <summary>Not the fault of one item.</summary>
    private static bool IsFatal(Exception error) =>
        error is ModelRejectedException or NativeLibraryMissingException or ModelProcessDiedException || error.IsDatabaseUnavailable();

    private sealed class BenchmarkItems(
        IDbContextFactory<SparDb> databases, EvaluationRun evaluation, IAsyncEnumerator<OrdinalItem> open, int capacity,
        Func<OrdinalItem, CancellationToken, Task> measure) : IItemSource
    {
        private bool _isMore = true;

        public string Id => evaluation.Id;

        public async Task<bool> IsRunningAsync(CancellationToken cancellationToken)
        {
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            return await db.Evaluations.AnyAsync(e => e.Id == evaluation.Id && e.Status == RunStatus.Running, cancellationToken);
        }

        public async Task<StartedItems> StartAsync(int inFlight, CancellationToken stop)
        {
            var started = new List<Task>();
            while (_isMore && inFlight + started.Count < capacity && (_isMore = await open.MoveNextAsync()))
            {
                var item = open.Current;
                started.Add(Task.Run(() => measure(item, stop), CancellationToken.None));
            }

            return new(started, _isMore);
        }

        // This worker holds the evaluation until its items have ended; the job hands on after that.
        public Task TimeUpAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
