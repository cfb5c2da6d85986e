using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SPaR.Abstractions;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Evaluations;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;

namespace SPaR.Service.Worker;

/// <summary>Measures the items of one evaluation that have no result, and stores each result as soon as it is there: whoever goes on
/// after a crash finds it. Stops when told that the evaluation is put down. Knows nothing of what a benchmark does.</summary>
internal sealed class EvaluationWorkSlice(
    EvaluationStore store, RunSignals signals, IOptions<WorkerOptions> options, TimeProvider time, ILogger<EvaluationWorkSlice> logger)
{
    // Signals come at once; this is for those that a broken connection lost.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(800);

    /// <param name="owner">Whose signals say that something changed: the evaluation's, or its run's.</param>
    /// <param name="mayGoOn">Whether that is running still.</param>
    /// <param name="atMost">After this long no item is begun any more.</param>
    public async Task<SliceEnd> WorkAsync(
        EvaluationRun evaluation, IBenchmark benchmark, RunModels models, string owner, Func<CancellationToken, Task<bool>> mayGoOn,
        TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var down = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wake = new Wake(time);
        using var subscription = signals.Subscribe(changed =>
        {
            if (changed == owner)
                wake.Now();
        });
        var measuring = Task.Run(() => MeasureAsync(evaluation, benchmark, models, atMost, down.Token), CancellationToken.None);
        _ = measuring.ContinueWith(
            _ => wake.Now(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            while (!measuring.IsCompleted && await mayGoOn(cancellationToken))
                await wake.WaitAsync(LookAgain, cancellationToken);
        }
        finally
        {
            if (!measuring.IsCompleted)
                await down.CancelAsync();
            // However it ends, the models are not in use any more.
            await ((Task)measuring).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return down.IsCancellationRequested && measuring.IsCanceled ? SliceEnd.Stopped : await measuring;
    }

    private async Task<SliceEnd> MeasureAsync(
        EvaluationRun evaluation, IBenchmark benchmark, RunModels models, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var isOver = false;
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.Value.InFlight ?? models.InFlight,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(
            store.OpenItemsAsync(evaluation, benchmark, cancellationToken)
                .TakeWhile(_ => !(isOver = time.GetElapsedTime(started) >= atMost)), parallel,
            async (item, token) => await store.SaveAsync(
                evaluation, item, await MeasureAsync(evaluation, benchmark, models, item, token), models));
        return isOver ? SliceEnd.TimeUp : SliceEnd.AllDone;
    }

    private async Task<ItemEnding> MeasureAsync(
        EvaluationRun evaluation, IBenchmark benchmark, RunModels models, OrdinalItem item, CancellationToken cancellationToken)
    {
        var measuring = new Measuring(
            evaluation.Id, item.Ordinal, evaluation.Seed, models, evaluation.Recipe, evaluation.Decoding ?? Decoding.Greedy);
        try
        {
            return ItemEnding.Done(await benchmark.RunAsync(item.Item, measuring, cancellationToken));
        }
        catch (PromptTooLongException error)
        {
            return new(ResultState.TooLong, error.Message, null);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested && !IsOfAll(error))
        {
            Log.EvaluationItemFailed(logger, error, item.Item.Key, evaluation.Id);
            return new(ResultState.Failed, error.Message, null);
        }
    }

    /// <summary>Not the fault of one item.</summary>
    private static bool IsOfAll(Exception error) =>
        error is ModelRejectedException or NativeLibraryMissingException || error.GetBaseException() is NpgsqlException;
}

/// <summary>How a share of an evaluation ended.</summary>
internal enum SliceEnd
{
    AllDone,

    /// <summary>There are items left, and another share is to take them.</summary>
    TimeUp,

    /// <summary>It was paused, cancelled or ended meanwhile.</summary>
    Stopped,
}
