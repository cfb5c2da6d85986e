using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Datasets;

/// <summary>Stores an upload in batches, in one transaction: all of it, or nothing if a line is invalid.</summary>
internal sealed class DatasetIntake(SparDb db, TimeProvider time, string name, DatasetFormat format)
{
    private const int MaxErrors = 20;
    private const int BatchRows = 500;

    private readonly List<FieldError> _errors = [];
    private readonly string _id = Ids.New("ds", time);
    private int _count;

    /// <exception cref="InvalidInputException">Code <c>invalid-dataset</c>, with the first errors by line and field.</exception>
    public async Task<Dataset> TakeAsync(IAsyncEnumerable<NdjsonLine> lines, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Datasets.Add(new() { Id = _id, Name = name, Format = format, Count = 0, Sha256 = "", CreatedAt = time.GetUtcNow() });
        await FlushAsync(cancellationToken);
        using var hash = new RowHash();
        await foreach (var line in lines.WithCancellation(cancellationToken))
        {
            if (_errors.Count >= MaxErrors)
                break;
            // After the first error nothing is stored; the rest is read only to report further errors.
            if (Read(line) is { } row && _errors.Count == 0)
                await AddAsync(row, line.Number, hash, cancellationToken);
        }

        if (_errors.Count == 0 && _count == 0)
            _errors.Add(new("body", "is empty; give at least one row."));
        if (_errors.Count > 0)
            throw new InvalidInputException("invalid-dataset", [.. _errors.Take(MaxErrors)]);
        await FlushAsync(cancellationToken);
        var sha256 = hash.Finish();
        await db.Datasets.Where(d => d.Id == _id).ExecuteUpdateAsync(
            set => set.SetProperty(d => d.Count, _count).SetProperty(d => d.Sha256, sha256), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await db.Datasets.AsNoTracking().SingleAsync(d => d.Id == _id, cancellationToken);
    }

    private SourceRow? Read(NdjsonLine line)
    {
        using var document = line.Parse(_errors);
        return document is null ? null : DatasetReader.Read(document.RootElement, format, Place.Line(line.Number), _errors);
    }

    private async Task AddAsync(SourceRow row, long line, RowHash hash, CancellationToken cancellationToken)
    {
        hash.Add(row.Messages, row.Chosen, row.Rejected);
        db.DatasetRows.Add(new()
        {
            DatasetId = _id,
            Ordinal = _count++,
            Line = line,
            Messages = row.Messages,
            Chosen = row.Chosen,
            Rejected = row.Rejected,
        });
        if (_count % BatchRows == 0)
            await FlushAsync(cancellationToken);
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        db.ChangeTracker.Clear();
    }
}
