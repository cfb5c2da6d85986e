using System.Runtime.CompilerServices;

namespace SPaR.Service.Http;

/// <summary>Reads a long list in pages, with a connection for each page only: a slow client holds none while it reads.</summary>
internal static class PagedRows
{
    private const int Rows = 200;

    /// <param name="first">A key before the first row.</param>
    /// <param name="after">The rows that follow a key, in order.</param>
    public static async IAsyncEnumerable<T> ReadAsync<T, TKey>(
        IDbContextFactory<SparDb> databases, TKey first, Func<SparDb, TKey, IQueryable<T>> after, Func<T, TKey> keyOf,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var key = first;
        while (true)
        {
            List<T> page;
            await using (var db = await databases.CreateDbContextAsync(cancellationToken))
                page = await after(db, key).Take(Rows).ToListAsync(cancellationToken);
            foreach (var row in page)
                yield return row;
            if (page.Count < Rows)
                yield break;
            key = keyOf(page[^1]);
        }
    }
}
