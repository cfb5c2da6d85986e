using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>Stores an uploaded dataset.</summary>
internal sealed class DatasetIntake(SparDb db, TimeProvider time, string? name, UploadOptions options) : IDisposable
{
    private readonly string _id = Ids.New("ds", time);
    private readonly RowHash _hash = new();
    private readonly RowCopy<DatasetRow> _rows = new(db);
    private int _count;

    /// <exception cref="InvalidInputException">Code <c>invalid-dataset</c>, with the first errors by place and field.</exception>
    public async Task<Dataset> TakeAsync(UploadedFile file, CancellationToken cancellationToken)
    {
        using var reader = new UploadReader<DatasetDraft>(DatasetFormats.All, options);
        await new UploadIntake<DatasetDraft, DatasetRow>(db, reader, _rows, _id, "invalid-dataset").TakeAsync(
            file, () => BeginAsync(file), Add, () => CompleteAsync(reader.Report, cancellationToken), cancellationToken);
        return await db.Datasets.AsNoTracking().SingleAsync(d => d.Id == _id, cancellationToken);
    }

    public void Dispose() => _hash.Dispose();

    private Task<int> BeginAsync(UploadedFile file)
    {
        db.Add(new Dataset
        {
            Id = _id,
            // Until it is complete: two uploads of one name do not wait for each other.
            Name = _id,
            Version = 0,
            Format = options.Format,
            Kind = DatasetKind.Preferences,
            Count = 0,
            Sha256 = "",
            Bytes = file.Content.Length,
            CreatedAt = time.GetUtcNow(),
        });
        return Task.FromResult(0);
    }

    private IReadOnlyList<FieldError> Add(ReadRow<DatasetDraft> row)
    {
        var (messages, chosen, rejected) = row.Value;
        _hash.Add(messages, chosen, rejected);
        _rows.Add(new()
        {
            DatasetId = _id,
            Ordinal = _count++,
            Place = row.Place.Name,
            Messages = messages,
            Chosen = chosen,
            Rejected = rejected,
            Metadata = RowMetadata.Of(row.Value.Metadata, row.Kept),
        });
        return [];
    }

    private async Task CompleteAsync(UploadReport report, CancellationToken cancellationToken)
    {
        var format = DatasetFormats.All.First(f => f.Name == report.Format);
        var (named, sha256) = (name ?? format.Name, _hash.Finish());
        var version = await DatasetVersions.NextAsync(db, named, cancellationToken);
        await db.Datasets.Where(d => d.Id == _id).ExecuteUpdateAsync(
            set => set.SetProperty(d => d.Version, version).SetProperty(d => d.Count, _count).SetProperty(d => d.Sha256, sha256)
                .SetProperty(d => d.Format, format.Name).SetProperty(d => d.Kind, format.Kind).SetProperty(d => d.Name, named)
                .SetProperty(d => d.Upload, report),
            cancellationToken);
    }
}
