namespace SPaR.Method.Items;

/// <summary>Finds nothing and stores nothing: for checks and evaluations, which leave no rows.</summary>
internal sealed class UnstoredJournal : IJournal
{
    public ItemRecord Found => ItemRecord.Empty;

    public Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task FinishAsync(ItemEnd end, CancellationToken cancellationToken) => Task.CompletedTask;
}
