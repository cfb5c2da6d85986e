using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Instructions;

namespace SPaR.Service.Evaluations;

/// <summary>Stores the uploaded items of a benchmark in batches, in one transaction: all of them, or none where one is wrong. The
/// benchmark defines what an item is.</summary>
internal sealed class BenchmarkIntake(SparDb db, TimeProvider time, string name, IBenchmark benchmark) : IDisposable
{
    private const int BatchItems = 500;
    private const int KeyLimit = 500;

    private readonly List<FieldError> _errors = [];
    private readonly string _id = Ids.New("bmk", time);
    private readonly BenchmarkHash _hash = new();
    private readonly Dictionary<string, string> _places = [];
    private int _count;

    public Task<BenchmarkSet> TakeAsync(IAsyncEnumerable<NdjsonLine> lines, CancellationToken cancellationToken) =>
        TakeAsync(async () =>
        {
            await foreach (var line in lines.WithCancellation(cancellationToken))
            {
                if (_errors.Count >= InstructionIntake.MaxErrors)
                    break;
                using var document = line.Parse(_errors);
                if (document is not null)
                    await TakeOneAsync(document.RootElement, Place.Line(line.Number), cancellationToken);
            }
        }, cancellationToken);

    /// <param name="list">Its elements are the items.</param>
    public Task<BenchmarkSet> TakeAsync(JsonElement list, CancellationToken cancellationToken) =>
        TakeAsync(async () =>
        {
            foreach (var (index, json) in list.EnumerateArray().Index())
            {
                if (_errors.Count >= InstructionIntake.MaxErrors)
                    break;
                await TakeOneAsync(json, Place.Element(index, ""), cancellationToken);
            }
        }, cancellationToken);

    public void Dispose() => _hash.Dispose();

    private async Task<BenchmarkSet> TakeAsync(Func<Task> takeAll, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var set = new BenchmarkSet
        {
            Id = _id,
            Name = name,
            Benchmark = benchmark.Name,
            Count = 0,
            Sha256 = "",
            CreatedAt = time.GetUtcNow(),
        };
        db.BenchmarkSets.Add(set);
        await FlushAsync(cancellationToken);
        await takeAll();
        if (_errors.Count == 0 && _count == 0)
            _errors.Add(new("body", "There are no items; give at least one."));
        if (_errors.Count > 0)
            throw new InvalidInputException("invalid-benchmark", [.. _errors.Take(InstructionIntake.MaxErrors)]);
        await FlushAsync(cancellationToken);
        var sha256 = _hash.Finish();
        await db.BenchmarkSets.Where(s => s.Id == _id).ExecuteUpdateAsync(
            s => s.SetProperty(x => x.Count, _count).SetProperty(x => x.Sha256, sha256), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await db.BenchmarkSets.AsNoTracking().SingleAsync(s => s.Id == _id, cancellationToken);
    }

    private async Task TakeOneAsync(JsonElement json, Place place, CancellationToken cancellationToken)
    {
        foreach (var item in Read(json, place))
        {
            if (item.Key.Length is 0 or > KeyLimit)
                _errors.Add(new(place.Name, $"Its key has {item.Key.Length} characters; a key has 1 to {KeyLimit}."));
            else if (_places.TryAdd(item.Key, place.Name))
                await AddAsync(item, cancellationToken);
            else
                _errors.Add(new(
                    place.Name, $"Its key '{item.Key}' is that of {_places[item.Key]}; give every item a key of its own."));
        }
    }

    private IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place)
    {
        var before = _errors.Count;
        var items = benchmark.Read(json, place, _errors);
        return _errors.Count > before ? [] : items;
    }

    private async Task AddAsync(BenchmarkItem item, CancellationToken cancellationToken)
    {
        // After the first error nothing will be stored: the rest is only read for further errors.
        if (_errors.Count > 0)
            return;
        _hash.Add(item);
        // A copy: the document that it was read from is gone before the batch is full.
        db.BenchmarkItems.Add(new() { SetId = _id, Ordinal = _count++, Key = item.Key, Body = item.Body.Clone() });
        if (_count % BatchItems == 0)
            await FlushAsync(cancellationToken);
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        db.ChangeTracker.Clear();
    }
}
