using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using SPaR.Method.Items;

namespace SPaR.Integration.Tests.Runs;

/// <summary>A walk of three answers and a pair, each written once; what is found is not written again.</summary>
internal sealed class ScriptedWalk
{
    /// <summary>Rows that were written a second time.</summary>
    public ConcurrentBag<Exception> Duplicates { get; } = [];

    public Task RunAsync(ItemRun item, CancellationToken stop) => RunAsync(item, TimeSpan.Zero, stop);

    /// <param name="time">How long all steps take together.</param>
    /// <param name="upTo">After so many answers the walk returns without an end.</param>
    public async Task RunAsync(ItemRun item, TimeSpan time, CancellationToken stop, int upTo = int.MaxValue)
    {
        for (var index = item.Journal.Found.Answers.Count; index < Math.Min(3, upTo); index++)
        {
            await Task.Delay(time / 3, stop);
            try
            {
                await item.Journal.SaveAsync([Rows.Answer(item.Key, index)], new(3, 2, 1), stop);
            }
            catch (DbUpdateException error)
            {
                Duplicates.Add(error);
                throw;
            }
        }

        if (upTo > 3)
            await item.Journal.FinishAsync(new(ItemState.Paired, null, [Rows.Pair(item.Key)]), stop);
    }
}
