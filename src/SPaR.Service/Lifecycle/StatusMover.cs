using System.Runtime.CompilerServices;
using SPaR.Method;
using SPaR.Method.Input;

namespace SPaR.Service.Lifecycle;

/// <summary>Moves the status of runs, trainings and evaluations: locks the row, checks <see cref="StatusTransitions"/>, writes status,
/// times and reason, and announces the change through <see cref="RunSignals"/>. The caller's transaction holds it all together.</summary>
internal static class StatusMover
{
    /// <summary>Runs <paramref name="work"/> in one transaction.</summary>
    public static async Task<T> InTransactionAsync<T>(
        this IDbContextFactory<SparDb> databases, Func<SparDb, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var result = await work(db);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    /// <summary>Locks the row until the transaction ends.</summary>
    /// <exception cref="MissingWorkException">It was deleted.</exception>
    public static async Task<RunStatus> LockAsync(SparDb db, WorkKind kind, string id, CancellationToken cancellationToken) =>
        await FindAndLockAsync(db, kind, id, cancellationToken)
        ?? throw new MissingWorkException($"There is no {kind.Name} {id}.");

    /// <exception cref="InvalidStateException">The status does not allow the move.</exception>
    public static async Task<StatusPair> MoveAsync(
        SparDb db, WorkKind kind, string id, StatusMove move, CancellationToken cancellationToken)
    {
        var from = await LockAsync(db, kind, id, cancellationToken);
        return await SetAsync(db, kind, id, from, move, null, cancellationToken) ?? throw InvalidStateException.Of(kind, id, from, move);
    }

    /// <returns>Null where the status does not allow the move; nothing has changed then.</returns>
    public static async Task<StatusPair?> TryMoveAsync(
        SparDb db, WorkKind kind, string id, StatusMove move, MoveReason? reason, CancellationToken cancellationToken) =>
        await SetAsync(db, kind, id, await LockAsync(db, kind, id, cancellationToken), move, reason, cancellationToken);

    /// <summary>Starts what is queued.</summary>
    /// <returns>Whether it is running now, by this call or by an earlier one.</returns>
    public static async Task<bool> StartAsync(SparDb db, WorkKind kind, string id, CancellationToken cancellationToken)
    {
        var from = await LockAsync(db, kind, id, cancellationToken);
        return from is RunStatus.Running
            || await SetAsync(db, kind, id, from, StatusMove.Start, null, cancellationToken) is not null;
    }

    /// <summary>Completes a pause or a cancellation that no worker holds up any more. Harmless at any time, from any process.</summary>
    public static async Task CompleteStopAsync(SparDb db, WorkKind kind, string id, CancellationToken cancellationToken)
    {
        // The row first: whoever takes the work lock after this sees that it is not running. It may have been deleted since its job was
        // queued.
        if (await FindAndLockAsync(db, kind, id, cancellationToken) is { } from
            && (await WorkLock.HeldAsync(db, [id], cancellationToken)).Count == 0)
            await SetAsync(db, kind, id, from, StatusMove.CompleteStop, null, cancellationToken);
    }

    // Part of the transaction: the signal goes out when the change can be seen, and not otherwise.
    public static Task AnnounceAsync(SparDb db, string id, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync($"SELECT pg_notify({RunSignals.Channel}, {id})", cancellationToken);

    private static async Task<RunStatus?> FindAndLockAsync(SparDb db, WorkKind kind, string id, CancellationToken cancellationToken)
    {
        var sql = FormattableStringFactory.Create($"""SELECT status AS "Value" FROM {kind.Table} WHERE id = """ + "{0} FOR UPDATE", id);
        return await db.Database.SqlQuery<string>(sql).ToListAsync(cancellationToken) is [var status]
            ? EnumName.Parse<RunStatus>(status)
            : null;
    }

    private static async Task<StatusPair?> SetAsync(
        SparDb db, WorkKind kind, string id, RunStatus from, StatusMove move, MoveReason? reason, CancellationToken cancellationToken)
    {
        if (StatusTransitions.Next(kind, from, move) is not { } to)
            return null;
        var why = to is RunStatus.Cancelled ? null : reason;
        var sql = FormattableStringFactory.Create(
            $$"""
            UPDATE {{kind.Table}} SET status = {1}, {{kind.Reason}},
                started_at = CASE WHEN {5} THEN coalesce(started_at, now()) ELSE started_at END,
                finished_at = CASE WHEN {6} THEN now() END
            WHERE id = {0}
            """, id, EnumName.Of(to), why?.Code, why?.Message, why?.Row, to is RunStatus.Running, StatusTransitions.IsEnd(to));
        await db.Database.ExecuteSqlAsync(sql, cancellationToken);
        await AnnounceAsync(db, id, cancellationToken);
        return new(from, to);
    }
}

internal readonly record struct StatusPair(RunStatus From, RunStatus To);

/// <summary>Why something failed, or what there is to say of its end.</summary>
/// <param name="Row">The row of data at fault.</param>
internal sealed record MoveReason(string? Code, string? Message, string? Row = null);
