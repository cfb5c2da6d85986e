namespace SPaR.Method.Items;

/// <summary>The journal of one item in memory: for programs that use the method as a library. To resume an item, open a new journal on
/// <see cref="Stored"/>.</summary>
/// <param name="found">What an earlier run of the item stored.</param>
public sealed class MemoryJournal(ItemRecord found) : IJournal
{
    private readonly Dictionary<int, Answer> _answers = found.Answers.ToDictionary(a => a.Index);
    private readonly Dictionary<(string Subject, int Attempt), Judgement> _judgements =
        found.Judgements.ToDictionary(j => (j.Subject, j.Attempt));

    private readonly Dictionary<string, Node> _nodes = found.Nodes.ToDictionary(n => n.Path);

    /// <summary>A journal of an item that starts from nothing.</summary>
    public MemoryJournal()
        : this(ItemRecord.Empty)
    {
    }

    public ItemRecord Found => found;

    /// <summary>Everything stored so far, found rows included.</summary>
    public ItemRecord Stored => new([.. _answers.Values], [.. _judgements.Values], [.. _nodes.Values]);

    /// <summary>Tokens used since the journal was opened.</summary>
    public TokenUsage Usage { get; private set; }

    /// <summary>What the rows cost that were stored since the journal was opened.</summary>
    public StepCost Cost { get; private set; }

    /// <summary>How the item ended; null until then.</summary>
    public ItemEnd? End { get; private set; }

    /// <summary>The preference pair; null when the item ended without one, or has not ended.</summary>
    public Pair? Pair => End?.Rows.OfType<Pair>().SingleOrDefault();

    /// <exception cref="InvalidOperationException">A row that must be written once is written again.</exception>
    public Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken)
    {
        foreach (var row in rows)
            Store(row);
        Usage += usage;
        Cost += StepCost.Of(rows, usage);
        return Task.CompletedTask;
    }

    /// <exception cref="InvalidOperationException">The item has ended already.</exception>
    public Task FinishAsync(ItemEnd end, CancellationToken cancellationToken)
    {
        if (End is not null)
            throw new InvalidOperationException($"The item has ended as {End.State} already; use a new journal for each run of an item.");
        End = end;
        return Task.CompletedTask;
    }

    private void Store(IItemRow row)
    {
        var isNew = row switch
        {
            Answer answer => _answers.TryAdd(answer.Index, answer),
            Judgement judgement => _judgements.TryAdd((judgement.Subject, judgement.Attempt), judgement),
            Node node => TryStore(node),
            _ => throw new InvalidOperationException($"A {row.GetType().Name} is stored when the item ends; pass it to FinishAsync."),
        };
        if (!isNew)
            throw new InvalidOperationException($"This {row.GetType().Name} is stored already; use a journal for one item only.");
    }

    /// <summary>Only a node that waits for its judgement is replaced.</summary>
    private bool TryStore(Node node)
    {
        if (_nodes.TryGetValue(node.Path, out var stored) && stored.Outcome != NodeOutcome.Refined)
            return false;
        _nodes[node.Path] = node;
        return true;
    }
}
