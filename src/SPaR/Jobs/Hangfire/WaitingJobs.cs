using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace SPaR.Jobs.Hangfire;

/// <summary>Knows which job of a key waits: a hash in Hangfire's storage, written in the transaction in which the job comes to wait or
/// begins, so that whoever is killed leaves both or neither. Read and written under the key's <see cref="KeyLock"/>.</summary>
internal sealed class WaitingJobs : IApplyStateFilter
{
    private const string Id = "job";

    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        var job = context.BackgroundJob;
        var (kind, key) = HangfireJob.Subject(job.Job);
        if (context.NewState is EnqueuedState or ScheduledState)
            transaction.SetRangeInHash(HashOf(kind, key), [KeyValuePair.Create(Id, job.Id)]);
        else if (Find(context.Connection, kind, key)?.Id == job.Id)
            transaction.RemoveHash(HashOf(kind, key));
    }

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        // Nothing is to be taken back: the state that follows says what holds.
    }

    /// <returns>Null when no job of the key waits.</returns>
    public static Waiting? Find(IStorageConnection connection, string kind, string key)
    {
        if (connection.GetAllEntriesFromHash(HashOf(kind, key)) is not { } hash || !hash.TryGetValue(Id, out var id))
            return null;
        // Asked, not believed: an operator may have deleted the job on the dashboard.
        var state = connection.GetStateData(id);
        if (state?.Name == EnqueuedState.StateName)
            return new(id, null);
        return state?.Name == ScheduledState.StateName ? new(id, JobHelper.DeserializeDateTime(state.Data["EnqueueAt"])) : null;
    }

    private static string HashOf(string kind, string key) => $"spar:waiting:{kind}:{key}";

    /// <param name="Due">UTC; null: now, as soon as a worker is free.</param>
    internal sealed record Waiting(string Id, DateTime? Due);
}
