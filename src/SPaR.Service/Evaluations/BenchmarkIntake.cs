using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Evaluations;

/// <summary>Stores the uploaded items of a benchmark. The benchmark defines what an item is.</summary>
internal sealed class BenchmarkIntake(SparDb db, TimeProvider time, string name, IBenchmark benchmark, UploadOptions options) : IDisposable
{
    private const int KeyLimit = 500;

    private readonly string _id = Ids.New("bmk", time);
    private readonly BenchmarkHash _hash = new();
    private readonly RowCopy<BenchmarkSetItem> _rows = new(db);
    private readonly Dictionary<string, string> _places = [];
    private int _count;

    public async Task<BenchmarkSet> TakeAsync(UploadedFile file, CancellationToken cancellationToken)
    {
        using var reader = new UploadReader<IReadOnlyList<BenchmarkItem>>([new BenchmarkFormat(benchmark)], options);
        await new UploadIntake<IReadOnlyList<BenchmarkItem>, BenchmarkSetItem>(db, reader, _rows, _id, "invalid-benchmark").TakeAsync(
            file, BeginAsync, Add, () => CompleteAsync(reader.Report, cancellationToken), cancellationToken);
        return await db.BenchmarkSets.AsNoTracking().SingleAsync(s => s.Id == _id, cancellationToken);
    }

    public async Task<UploadPreview> PreviewAsync(UploadedFile file, CancellationToken cancellationToken)
    {
        using var reader = new UploadReader<IReadOnlyList<BenchmarkItem>>([new BenchmarkFormat(benchmark)], options);
        return await UploadPreview.OfAsync(reader, file, Check, cancellationToken);
    }

    public void Dispose() => _hash.Dispose();

    private Task<int> BeginAsync()
    {
        db.Add(new BenchmarkSet
        {
            Id = _id,
            Name = name,
            Benchmark = benchmark.Name,
            Count = 0,
            Sha256 = "",
            CreatedAt = time.GetUtcNow(),
        });
        return Task.FromResult(0);
    }

    private IReadOnlyList<FieldError> Check(ReadRow<IReadOnlyList<BenchmarkItem>> row)
    {
        foreach (var item in row.Value)
        {
            if (item.Key.Length is 0 or > KeyLimit)
                return [new(row.Place.Name, $"Its key has {item.Key.Length} characters; a key has 1 to {KeyLimit}.")];
            if (!_places.TryAdd(item.Key, row.Place.Name))
                return [new(row.Place.Name, $"Its key '{item.Key}' is that of {_places[item.Key]}; give every item a key of its own.")];
        }

        return [];
    }

    private IReadOnlyList<FieldError> Add(ReadRow<IReadOnlyList<BenchmarkItem>> row)
    {
        if (Check(row) is [_, ..] errors)
            return errors;
        foreach (var item in row.Value)
        {
            _hash.Add(item);
            _rows.Add(new() { SetId = _id, Ordinal = _count++, Key = item.Key, Body = item.Body });
        }

        return [];
    }

    private Task CompleteAsync(UploadReport report, CancellationToken cancellationToken)
    {
        var sha256 = _hash.Finish();
        return db.BenchmarkSets.Where(s => s.Id == _id).ExecuteUpdateAsync(
            s => s.SetProperty(x => x.Count, _count).SetProperty(x => x.Sha256, sha256).SetProperty(x => x.Upload, report),
            cancellationToken);
    }

    private sealed class BenchmarkFormat(IBenchmark benchmark) : IRowFormat<IReadOnlyList<BenchmarkItem>>
    {
        public string Name => benchmark.Name;

        public IReadOnlyList<Column> Columns => benchmark.Columns;

        public bool Recognises(JsonElement row) => true;

        public IReadOnlyList<BenchmarkItem>? Read(UploadedRow row, List<FieldError> errors) =>
            benchmark.Read(row.Json, row.Place, errors) is { Count: > 0 } items ? items : null;
    }
}
