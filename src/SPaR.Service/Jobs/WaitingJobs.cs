using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace SPaR.Service.Jobs;

/// <summary>Keeps at most one job of a key waiting. A hash in Hangfire's storage holds its id. It is written in the transaction in which
/// the job starts to wait or to run, so a killed process leaves both or neither. Read and written under the key's
/// <see cref="KeyLock"/>.</summary>
internal sealed class WaitingJobs : IElectStateFilter, IApplyStateFilter
{
    private const string Id = "job";

    public void OnStateElection(ElectStateContext context)
    {
        // A retry, or a job that an operator requeues, while another one of its key is waiting.
        if (context.CandidateState is EnqueuedState or ScheduledState && SubjectOf(context.BackgroundJob) is (var kind, var key)
            && Find(context.Connection, kind, key) is { } other && other.Id != context.BackgroundJob.Id)
        {
            context.CandidateState = new DeletedState { Reason = $"Job {other.Id} of the same key is waiting and runs instead." };
        }
    }

    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        if (SubjectOf(context.BackgroundJob) is not (var kind, var key))
            return;
        var id = context.BackgroundJob.Id;
        if (context.NewState is EnqueuedState or ScheduledState)
            transaction.SetRangeInHash(HashOf(kind, key), [KeyValuePair.Create(Id, id)]);
        else if (Find(context.Connection, kind, key)?.Id == id)
            transaction.RemoveHash(HashOf(kind, key));
    }

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        // Nothing to undo: the next state decides whether the job is waiting.
    }

    /// <returns>Null if no job of the key is waiting.</returns>
    public static Waiting? Find(IStorageConnection connection, string kind, string key)
    {
        if (connection.GetAllEntriesFromHash(HashOf(kind, key)) is not { } hash || !hash.TryGetValue(Id, out var id))
            return null;
        // The job's own state decides: an operator may have deleted it on the dashboard.
        var state = connection.GetStateData(id);
        if (state?.Name == EnqueuedState.StateName)
            return new(id, null);
        return state?.Name == ScheduledState.StateName ? new(id, JobHelper.DeserializeDateTime(state.Data["EnqueueAt"])) : null;
    }

    /// <summary>Hangfire truncates due times to whole seconds, so a delay of four seconds could become three.</summary>
    /// <returns>The time rounded up to a whole second, in UTC.</returns>
    public static DateTime NotBefore(DateTimeOffset time) =>
        DateTime.UnixEpoch.AddSeconds(Math.Ceiling((time - DateTimeOffset.UnixEpoch).TotalSeconds));

    /// <returns>Null for a job that this version of the service cannot load.</returns>
    private static (string Kind, string Key)? SubjectOf(BackgroundJob job) =>
        job.Job is { } loaded ? JobRunner.SubjectOf(loaded) : null;

    private static string HashOf(string kind, string key) => $"spar:waiting:{kind}:{key}";

    /// <param name="Due">UTC; null: as soon as a worker is free.</param>
    internal sealed record Waiting(string Id, DateTime? Due);
}
