using SPaR.Abstractions;

namespace SPaR.Method.Items;

/// <summary>Finds nothing and stores nothing: for a check or a measurement, which leaves no rows.</summary>
internal sealed class UnstoredJournal : IJournal
{
    public ItemRecord Found => ItemRecord.Empty;

    public Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task FinishAsync(ItemEnd end, CancellationToken cancellationToken) => Task.CompletedTask;
}
