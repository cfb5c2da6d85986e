using Hangfire;
using Hangfire.Client;
using Hangfire.States;

namespace SPaR.Jobs.Hangfire;

/// <summary>The queue on Hangfire: a job of Hangfire's per request, and a hash that names the one which waits for a key.</summary>
internal sealed class HangfireJobQueue(JobStorage storage, JobFilters filters, KeyLock keys, JobFailures failures, TimeProvider time)
    : IJobQueue
{
    private readonly BackgroundJobClient _client = new(
        // The key's lock is held here already.
        storage, new BackgroundJobFactory(filters.Provider), new BackgroundJobStateChanger(filters.Provider));

    public async Task EnqueueAsync(JobRequest request, CancellationToken cancellationToken)
    {
        DateTime? due = request.Delay is { } delay && delay > TimeSpan.Zero ? HangfireTime.NoSooner(time.GetUtcNow() + delay) : null;
        // One at a time decides for a key, of all processes. A job begins under the same lock, so one that is found waiting here sees all
        // that was committed before this call.
        await using var held = await keys.TakeAsync(request.Kind, request.Key, cancellationToken);
        if (!IsCovered(request, due))
            _client.Create(HangfireJob.Of(request), StateOf(due));
    }

    public Task<IReadOnlyList<FailedJob>> FailedAsync(CancellationToken cancellationToken) => failures.ListAsync(cancellationToken);

    /// <returns>Whether a job of the key waits, now at the latest at the time asked for.</returns>
    private bool IsCovered(JobRequest request, DateTime? due)
    {
        using var connection = storage.GetConnection();
        if (WaitingJobs.Find(connection, request.Kind, request.Key) is not { } waiting)
            return false;
        return waiting.Due is null || due >= waiting.Due
            // False where an operator has just moved it on the dashboard.
            || _client.ChangeState(waiting.Id, StateOf(due), ScheduledState.StateName);
    }

    private static IState StateOf(DateTime? due) => due is { } at ? new ScheduledState(at) : new EnqueuedState();
}
