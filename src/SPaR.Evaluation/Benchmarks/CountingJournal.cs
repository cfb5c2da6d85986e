using SPaR.Method.Items;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Finds nothing, stores nothing, and counts what the stages produce.</summary>
internal sealed class CountingJournal : IJournal
{
    private readonly HashSet<string> _paths = [];
    private readonly HashSet<string> _subjects = [];

    public ItemRecord Found => ItemRecord.Empty;

    public TokenUsage Usage { get; private set; }

    /// <summary>Answers and refinements that were generated, unreadable ones included.</summary>
    public int Generations { get; private set; }

    /// <summary>Answers that were judged, each counted once.</summary>
    public int Judged => _subjects.Count;

    public Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken)
    {
        Usage += usage;
        foreach (var row in rows)
            Count(row);
        return Task.CompletedTask;
    }

    public Task FinishAsync(ItemEnd end, CancellationToken cancellationToken) => Task.CompletedTask;

    private void Count(IItemRow row)
    {
        switch (row)
        {
            case Answer:
                Generations++;
                break;
            case Judgement judgement:
                _subjects.Add(judgement.Subject);
                break;
            // A node is written when its answer exists and again when it is judged. If it did not fit, its last attempt gave no answer.
            case Node { Depth: > 0 } node when _paths.Add(node.Path):
                Generations += node.Outcome == NodeOutcome.TooLong ? node.Attempts - 1 : node.Attempts;
                break;
        }
    }
}
