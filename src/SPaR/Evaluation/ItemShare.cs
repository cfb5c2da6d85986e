using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SPaR.Abstractions;
using SPaR.Runs;

namespace SPaR.Evaluation;

/// <summary>Measures the items of one evaluation that have no result, and stores each result as soon as it is there: whoever goes on
/// after a crash finds it. Stops when told that the evaluation is put down. Knows nothing of what a benchmark does.</summary>
internal sealed class ItemShare(
    EvaluationStore store, RunSignals signals, IOptions<WorkerOptions> options, TimeProvider time, ILogger<ItemShare> logger)
{
    // Signals come at once; this is for those that a broken connection lost.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(800);

    /// <param name="owner">Whose signals say that something changed: the evaluation's, or its run's.</param>
    /// <param name="mayGoOn">Whether that is running still.</param>
    /// <param name="atMost">After this long no item is begun any more.</param>
    public async Task<ShareEnd> WorkAsync(
        EvaluationRun evaluation, IBenchmark benchmark, Players players, string owner, Func<CancellationToken, Task<bool>> mayGoOn,
        TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var down = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wake = new Wake(time);
        using var subscription = signals.Subscribe(changed =>
        {
            if (changed == owner)
                wake.Now();
        });
        var measuring = Task.Run(() => MeasureAsync(evaluation, benchmark, players, atMost, down.Token), CancellationToken.None);
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

        return down.IsCancellationRequested && measuring.IsCanceled ? ShareEnd.PutDown : await measuring;
    }

    private async Task<ShareEnd> MeasureAsync(
        EvaluationRun evaluation, IBenchmark benchmark, Players players, TimeSpan atMost, CancellationToken stop)
    {
        var begun = time.GetTimestamp();
        var isOver = false;
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.Value.InFlight ?? players.Items,
            CancellationToken = stop,
        };
        await Parallel.ForEachAsync(
            store.OpenItemsAsync(evaluation, benchmark, stop).TakeWhile(_ => !(isOver = time.GetElapsedTime(begun) >= atMost)), parallel,
            async (item, token) => await store.SaveAsync(
                evaluation, item, await MeasureAsync(evaluation, benchmark, players, item, token), players));
        return isOver ? ShareEnd.TimeIsOver : ShareEnd.AllDone;
    }

    private async Task<ItemEnding> MeasureAsync(
        EvaluationRun evaluation, IBenchmark benchmark, Players players, OrdinalItem item, CancellationToken stop)
    {
        var measuring = new Measuring(
            evaluation.Id, item.Ordinal, evaluation.Seed, players, evaluation.Recipe, evaluation.Decoding ?? Decoding.Greedy);
        try
        {
            return ItemEnding.Done(await benchmark.RunAsync(item.Item, measuring, stop));
        }
        catch (PromptTooLongException error)
        {
            return new(ResultState.TooLong, error.Message, null);
        }
        catch (Exception error) when (!stop.IsCancellationRequested && !IsOfAll(error))
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
internal enum ShareEnd
{
    AllDone,

    /// <summary>There are items left, and another share is to take them.</summary>
    TimeIsOver,

    /// <summary>It was paused, cancelled or ended meanwhile.</summary>
    PutDown,
}
