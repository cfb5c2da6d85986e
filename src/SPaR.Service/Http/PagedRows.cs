using System.Runtime.CompilerServices;

namespace SPaR.Service.Http;

/// <summary>Reads a long list in pages, with a connection for each page only: a slow client holds none while it reads. The next page is
/// read while the rows of the last one are used. Both together take a few megabytes, however long the rows are.</summary>
internal static class PagedRows
{
    private const int FirstRows = 200, MostRows = 4000, PageLength = 1 << 21, Overhead = 500;

    /// <param name="first">A key before the first row.</param>
    /// <param name="after">The rows that follow a key, in order.</param>
    /// <param name="lengthOf">The characters of a row in those of its parts that can be long.</param>
    public static async IAsyncEnumerable<T> ReadAsync<T, TKey>(
        IDbContextFactory<SparDb> databases, TKey first, Func<SparDb, TKey, IQueryable<T>> after, Func<T, TKey> keyOf,
        Func<T, int> lengthOf, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var next = ReadPageAsync(first, FirstRows);
        try
        {
            while (await next is { Rows.Count: > 0 } page)
            {
                next = page.IsLast ? Task.FromResult<Page<T>?>(null) : ReadPageAsync(keyOf(page.Rows[^1]), page.NextRows);
                foreach (var row in page.Rows)
                    yield return row;
            }
        }
        finally
        {
            // Whoever stops reading early leaves a page that is still being read.
            await stop.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task<Page<T>?> ReadPageAsync(TKey key, int most)
        {
            var (rows, length, longest) = (new List<T>(), 0L, Overhead);
            await using var db = await databases.CreateDbContextAsync(stop.Token);
            await foreach (var row in after(db, key).Take(most).AsAsyncEnumerable().WithCancellation(stop.Token))
            {
                rows.Add(row);
                var own = lengthOf(row) + Overhead;
                (length, longest) = (length + own, Math.Max(longest, own));
                // The rest of what was asked for is received and dropped, so the next page asks for less.
                if (length >= PageLength)
                    break;
            }

            var isLast = rows.Count < most && length < PageLength;
            return new Page<T>(rows, isLast, Math.Clamp(PageLength / longest, 1, MostRows));
        }
    }

    private sealed record Page<T>(IReadOnlyList<T> Rows, bool IsLast, int NextRows);
}
