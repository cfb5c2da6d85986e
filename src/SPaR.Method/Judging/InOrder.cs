namespace SPaR.Method.Judging;

/// <summary>Runs several things at once and takes their results one at a time, in order: rows are written in the same order, whichever
/// answer arrives first.</summary>
internal static class InOrder
{
    /// <summary>Starts <paramref name="run"/> for every source at once and passes each result to <paramref name="take"/> as soon as
    /// those before it are taken. When one fails, the others are cancelled and awaited, and the first failure in order is thrown: nothing
    /// is still running when this returns.</summary>
    public static async Task RunAsync<TSource, TResult>(
        IEnumerable<TSource> sources,
        Func<TSource, CancellationToken, Task<TResult>> run,
        Func<TSource, TResult, Task> take,
        CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var started = sources.Select(source => (Source: source, Task: run(source, stop.Token))).ToList();
        try
        {
            foreach (var (source, task) in started)
                await take(source, await task);
        }
        catch
        {
            await stop.CancelAsync();
            await ((Task)Task.WhenAll(started.Select(s => s.Task))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }
}
