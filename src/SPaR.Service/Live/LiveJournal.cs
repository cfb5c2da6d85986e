using SPaR.Method.Items;

namespace SPaR.Service.Live;

/// <summary>The journal of a refinement: writes its rows as outputs of the request, so that the client sees them at once. They are kept as
/// long as the request and are no part of any run.</summary>
internal sealed class LiveJournal : IJournal
{
    private readonly LiveWorkStore _store;
    private readonly LiveLease _lease;

    private LiveJournal(LiveWorkStore store, LiveLease lease, ItemRecord found) => (_store, _lease, Found) = (store, lease, found);

    public ItemRecord Found { get; }

    /// <summary>How the item ended; null until then.</summary>
    public ItemEnd? End { get; private set; }

    /// <summary>Opens the journal on what an earlier worker wrote.</summary>
    /// <param name="given">The answer to refine; null if the actor answers.</param>
    public static async Task<LiveJournal> OpenAsync(
        LiveWorkStore store, LiveLease lease, IReadOnlyList<LiveOutput> outputs, Answer? given, CancellationToken cancellationToken)
    {
        var found = RowsOf(outputs.Select(o => o.Content));
        if (given is null || found.Answers.Count > 0)
            return new(store, lease, found);
        await store.WriteAsync(lease, new(Rows: new([given], [], [])), cancellationToken);
        return new(store, lease, found with { Answers = [given] });
    }

    /// <summary>The rows that were written; of a node the last one.</summary>
    public static ItemRecord RowsOf(IEnumerable<LiveContent> contents)
    {
        var rows = contents.Select(c => c.Rows).OfType<ItemRecord>().ToList();
        return new(
            [.. rows.SelectMany(r => r.Answers)], [.. rows.SelectMany(r => r.Judgements)],
            [.. rows.SelectMany(r => r.Nodes).GroupBy(n => n.Path).Select(n => n.Last())]);
    }

    public async Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken)
    {
        var saved = new ItemRecord([.. rows.OfType<Answer>()], [.. rows.OfType<Judgement>()], [.. rows.OfType<Node>()]);
        await _store.WriteAsync(_lease, new(Rows: saved, Usage: usage), cancellationToken);
    }

    public Task FinishAsync(ItemEnd end, CancellationToken cancellationToken)
    {
        End = end;
        return Task.CompletedTask;
    }
}
