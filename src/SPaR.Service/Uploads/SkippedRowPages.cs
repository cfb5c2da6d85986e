using SPaR.Service.Http;

namespace SPaR.Service.Uploads;

/// <summary>Lists and deletes the rows of an upload that were skipped.</summary>
internal static class SkippedRowPages
{
    public static async Task<Page<SkippedRow>> ReadAsync(
        SparDb db, string uploadId, PageQuery page, CancellationToken cancellationToken)
    {
        var after = page.AfterOrdinal;
        var rows = await db.SkippedRows.AsNoTracking().Where(row => row.UploadId == uploadId && row.Ordinal > after)
            .OrderBy(row => row.Ordinal).Take(page.Take).ToListAsync(cancellationToken);
        var shown = page.Of(rows, row => $"{row.Ordinal}");
        return new([.. shown.Data.Select(row => new SkippedRow(row.Place, row.Errors))], shown.HasMore, shown.After);
    }

    public static Task DeleteAsync(SparDb db, string uploadId, CancellationToken cancellationToken) =>
        db.SkippedRows.Where(row => row.UploadId == uploadId).ExecuteDeleteAsync(cancellationToken);
}
