using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>Stores the rows of an upload in batches, in one transaction: all of them, or none if one is invalid and may not be
/// skipped.</summary>
/// <typeparam name="T">What the reader makes of a row of the file.</typeparam>
/// <typeparam name="TRow">What is stored.</typeparam>
/// <param name="code">Of the problem if nothing is stored.</param>
internal sealed class UploadIntake<T, TRow>(SparDb db, UploadReader<T> reader, RowCopy<TRow> rows, string id, string code)
    where T : class
    where TRow : class
{
    private const int BatchRows = 2000;
    private const int BatchBytes = 4 << 20;

    private int _rows, _bytes, _skipped;

    /// <param name="file">The whole upload; nothing else is waited for while the transaction is open.</param>
    /// <param name="begin">Adds what the rows belong to, or locks it, in the transaction. Returns how many rows of earlier uploads to it
    /// were skipped.</param>
    /// <param name="add">Adds to the rows, or returns why it cannot be stored.</param>
    /// <param name="complete">Completes the set after its rows were stored.</param>
    /// <exception cref="InvalidInputException">With the first errors, by place and field.</exception>
    public async Task TakeAsync(
        UploadedFile file, Func<Task<int>> begin, Func<ReadRow<T>, IReadOnlyList<FieldError>> add, Func<Task> complete,
        CancellationToken cancellationToken)
    {
        try
        {
            await reader.OpenAsync(file, cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            _skipped = await begin();
            await FlushAsync(cancellationToken);
            await TakeRowsAsync(add, cancellationToken);
            if (_rows == 0 && reader.Errors.Count == 0)
                reader.Errors.AddRange(reader.Report.FirstSkipped.SelectMany(row => row.Errors).Take(UploadOptions.MaxErrors));
            if (reader.Errors.Count > 0)
                throw new InvalidInputException(code, reader.Errors);
            await FlushAsync(cancellationToken);
            await complete();
            await transaction.CommitAsync(cancellationToken);
        }
        catch (UnreadableFileException e)
        {
            throw new InvalidInputException(code, [.. reader.Errors, new("body", e.Message)]);
        }
    }

    private async Task TakeRowsAsync(Func<ReadRow<T>, IReadOnlyList<FieldError>> add, CancellationToken cancellationToken)
    {
        await foreach (var row in reader.ReadAsync(cancellationToken))
        {
            var errors = add(row);
            if (errors.Count > 0)
            {
                if (reader.Refuse(row.Place, errors))
                    return;
                continue;
            }

            _bytes += row.Bytes;
            if (++_rows % BatchRows == 0 || _bytes >= BatchBytes)
                await FlushAsync(cancellationToken);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        // After the first error nothing will be stored: the rest is read only to report further errors.
        if (reader.Errors.Count > 0)
        {
            db.ChangeTracker.Clear();
            rows.Clear();
            return;
        }

        db.SkippedRows.AddRange(reader.TakeSkipped().Select(row => new SkippedUploadRow
        {
            UploadId = id,
            Ordinal = _skipped++,
            Place = row.Place,
            Errors = row.Errors,
        }));
        await db.SaveChangesAsync(cancellationToken);
        db.ChangeTracker.Clear();
        await rows.StoreAsync(cancellationToken);
        _bytes = 0;
    }
}
