using Hangfire;
using Hangfire.Client;
using Hangfire.Common;
using Hangfire.States;

namespace SPaR.Service.Jobs;

/// <summary>The queue: one Hangfire job per request. <see cref="WaitingJobs"/> says which job of a key waits.</summary>
internal sealed class HangfireJobQueue(
    JobStorage storage, IJobFilterProvider filters, IBackgroundJobFactory factory, KeyLock keys, JobFailures failures, TimeProvider time)
    : IJobQueue
{
    // Not the KeyedStateChanger: the lock on the key is held here already.
    private readonly BackgroundJobClient _client = new(storage, factory, new BackgroundJobStateChanger(filters));

    public async Task EnqueueAsync(JobRequest request, CancellationToken cancellationToken)
    {
        DateTime? due = request.Delay is { } delay && delay > TimeSpan.Zero ? WaitingJobs.NotBefore(time.GetUtcNow() + delay) : null;
        // One caller at a time decides for a key, across all processes. A job begins under the same lock, so one that is found waiting
        // here will see everything that was committed before this call.
        await using var held = await keys.TakeAsync(request.Kind, request.Key, cancellationToken);
        if (!IsCovered(request, due))
            _client.Create(JobRunner.JobOf(request), StateOf(due));
    }

    public Task<IReadOnlyList<FailedJob>> FailedAsync(CancellationToken cancellationToken) => failures.ListAsync(cancellationToken);

    /// <returns>Whether a job of the key waits and is due by then; a later one is brought forward.</returns>
    private bool IsCovered(JobRequest request, DateTime? due)
    {
        using var connection = storage.GetConnection();
        if (WaitingJobs.Find(connection, request.Kind, request.Key) is not { } waiting)
            return false;
        return waiting.Due is null || due >= waiting.Due
            // False when an operator has just moved it on the dashboard.
            || _client.ChangeState(waiting.Id, StateOf(due), ScheduledState.StateName);
    }

    private static IState StateOf(DateTime? due) => due is { } at ? new ScheduledState(at) : new EnqueuedState();
}
