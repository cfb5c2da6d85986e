namespace SPaR.Method.Items;

/// <summary>Holds the rows that one item has produced, and stores the next ones. A step skips the rows it finds here, so running an item
/// again resumes it.</summary>
public interface IJournal
{
    /// <summary>The rows that earlier runs of this item stored. Not updated by <see cref="SaveAsync"/>.</summary>
    ItemRecord Found { get; }

    /// <summary>Stores rows and adds the tokens they cost, in one transaction. A node that exists is replaced; any other row is
    /// new.</summary>
    /// <exception cref="LeaseLostException">The item belongs to another worker now; nothing was written.</exception>
    Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken);

    /// <summary>Ends the item: its last rows and its state in one transaction.</summary>
    /// <exception cref="LeaseLostException">The item belongs to another worker now; nothing was written.</exception>
    Task FinishAsync(ItemEnd end, CancellationToken cancellationToken);
}

/// <summary>The stored rows of one item: answers by index, judgements by subject and attempt, nodes in any order.</summary>
public sealed record ItemRecord(IReadOnlyList<Answer> Answers, IReadOnlyList<Judgement> Judgements, IReadOnlyList<Node> Nodes)
{
    public static ItemRecord Empty { get; } = new([], [], []);
}

/// <param name="Rows">The pair and the candidates for refiner examples, if any.</param>
public sealed record ItemEnd(ItemState State, string? Detail, IReadOnlyList<IItemRow> Rows);

/// <summary>Another worker has taken over the item, or the run was cancelled. Drop the item.</summary>
public sealed class LeaseLostException(ItemKey key) : Exception(
    $"Lost the lease on instruction {key.InstructionId} of run {key.RunId}; another worker has it, or the run was cancelled.");
