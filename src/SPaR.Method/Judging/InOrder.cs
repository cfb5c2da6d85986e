namespace SPaR.Method.Judging;

/// <summary>Work on several things at once whose results are taken one at a time, so that rows are written in the same order
/// however the answers arrive.</summary>
internal static class InOrder
{
    /// <summary>Starts <paramref name="run"/> for every source at once and hands each result to <paramref name="take"/> as soon as
    /// those before it were taken. When one fails, the others are cancelled and waited for, and the first failure in order is
    /// thrown: nothing runs on after this returns.</summary>
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
