using SPaR.Abstractions;

namespace SPaR.Method.Items;

/// <summary>What one item has produced so far, and where it writes what it produces next. A step skips what it finds here, so
/// resuming is running again.</summary>
public interface IJournal
{
    /// <summary>The rows that earlier walks of this item stored. Not updated by <see cref="SaveAsync"/>.</summary>
    ItemRecord Found { get; }

    /// <summary>Stores rows and adds the tokens they cost, in one transaction. A node that stands already is replaced; any other
    /// row is new.</summary>
    /// <exception cref="LeaseLostException">The item belongs to another worker by now; nothing was written.</exception>
    Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken);

    /// <summary>Ends the item: its last rows and its state in one transaction.</summary>
    /// <exception cref="LeaseLostException">The item belongs to another worker by now; nothing was written.</exception>
    Task FinishAsync(ItemEnd end, CancellationToken cancellationToken);
}

/// <summary>What stands stored of one item: answers by index, judgements by subject and attempt, nodes in any order.</summary>
public sealed record ItemRecord(IReadOnlyList<Answer> Answers, IReadOnlyList<Judgement> Judgements, IReadOnlyList<Node> Nodes)
{
    public static ItemRecord Empty { get; } = new([], [], []);
}

/// <param name="Rows">The pair and the candidates for refiner examples, if any.</param>
public sealed record ItemEnd(ItemState State, string? Detail, IReadOnlyList<IItemRow> Rows);

/// <summary>Another worker has taken the item over, or the run was cancelled: whoever gets this drops the item.</summary>
public sealed class LeaseLostException(ItemKey key) : Exception($"The lease on {key.InstructionId} of {key.RunId} has passed on.");
