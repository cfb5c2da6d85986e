using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Instructions;

namespace SPaR.Service.Items;

/// <summary>The journal of one leased item. Knows rows and the lease; knows nothing of what the rows mean.</summary>
internal sealed class PostgresJournal : IJournal
{
    private readonly IDbContextFactory<SparDb> _databases;
    private readonly Lease _lease;

    private PostgresJournal(
        IDbContextFactory<SparDb> databases, Lease lease, Instruction instruction, ItemRecord found) =>
        (_databases, _lease, Instruction, Found) = (databases, lease, instruction, found);

    public Instruction Instruction { get; }

    public bool IsFinished { get; private set; }

    public ItemRecord Found { get; }

    public static async Task<PostgresJournal> OpenAsync(
        IDbContextFactory<SparDb> databases, Lease lease, CancellationToken cancellationToken)
    {
        var key = lease.Key;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var instruction = await db.Instructions.AsNoTracking().SingleAsync(i => i.Id == key.InstructionId, cancellationToken);
        var answers = await Of(db.Answers, key).OrderBy(a => a.Index).ToListAsync(cancellationToken);
        var judgements = await Of(db.Judgements, key).OrderBy(j => j.Subject).ThenBy(j => j.Attempt).ToListAsync(cancellationToken);
        var nodes = await Of(db.Nodes, key).ToListAsync(cancellationToken);
        return new(databases, lease, instruction, new(answers, judgements, nodes));
    }

    public Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken)
    {
        var (asked, tokens) = StepCost.Of(rows, usage);
        return WriteAsync(rows, db => db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.run_items SET prefill_computed = prefill_computed + {usage.PrefillComputed},
                prefill_forked = prefill_forked + {usage.PrefillForked}, sample_generations = sample_generations + {asked.Sample},
                judge_generations = judge_generations + {asked.Judge}, refine_generations = refine_generations + {asked.Refine},
                sample_tokens = sample_tokens + {tokens.Sample}, judge_tokens = judge_tokens + {tokens.Judge},
                refine_tokens = refine_tokens + {tokens.Refine}
            WHERE run_id = {_lease.Key.RunId} AND round = {_lease.Key.Round} AND instruction_id = {_lease.Key.InstructionId}
                AND lease_owner = {_lease.Owner} AND lease_epoch = {_lease.Epoch} AND state = 'pending'
            """, cancellationToken), cancellationToken);
    }

    public async Task FinishAsync(ItemEnd end, CancellationToken cancellationToken)
    {
        await WriteAsync(end.Rows, db => db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.run_items SET state = {EnumName.Of(end.State)}, detail = {end.Detail}, finished_at = now(),
                lease_owner = NULL, lease_until = NULL
            WHERE run_id = {_lease.Key.RunId} AND round = {_lease.Key.Round} AND instruction_id = {_lease.Key.InstructionId}
                AND lease_owner = {_lease.Owner} AND lease_epoch = {_lease.Epoch} AND state = 'pending'
            """, cancellationToken), cancellationToken);
        IsFinished = true;
    }

    private async Task WriteAsync(IReadOnlyList<IItemRow> rows, Func<SparDb, Task<int>> fence, CancellationToken cancellationToken)
    {
        await using var db = await _databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // The fence comes first in every transaction and locks the item's row until its end: a worker that lost the lease writes
        // nothing, and nobody can take the lease in between.
        if (await fence(db) == 0)
            throw new LeaseLostException(_lease.Key);
        foreach (var node in rows.OfType<Node>())
            await Of(db.Nodes, _lease.Key).Where(n => n.Path == node.Path).ExecuteDeleteAsync(cancellationToken);
        db.AddRange(rows);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static IQueryable<T> Of<T>(DbSet<T> rows, ItemKey key)
        where T : class, IItemRow => rows.AsNoTracking()
        .Where(r => r.RunId == key.RunId && r.Round == key.Round && r.InstructionId == key.InstructionId);
}
