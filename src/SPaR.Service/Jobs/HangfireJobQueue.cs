using Hangfire;
using Hangfire.Client;
using Hangfire.Common;
using Hangfire.States;

namespace SPaR.Service.Jobs;

/// <summary>The queue on Hangfire: one Hangfire job per request. <see cref="WaitingJobs"/> knows which job of a key is waiting.</summary>
internal sealed class HangfireJobQueue(
    JobStorage storage, IJobFilterProvider filters, IBackgroundJobFactory factory, KeyLock keys, JobFailures failures, TimeProvider time)
    : IJobQueue
{
    // Not the KeyedStateChanger: the key is already locked here.
    private readonly BackgroundJobClient _client = new(storage, factory, new BackgroundJobStateChanger(filters));

    public async Task EnqueueAsync(JobRequest request, CancellationToken cancellationToken)
    {
        DateTime? due = request.Delay is { } delay && delay > TimeSpan.Zero ? WaitingJobs.NotBefore(time.GetUtcNow() + delay) : null;
        // One caller at a time decides for a key, across all processes. A job starts under the same lock, so a job found waiting here
        // will see everything that was committed before this call.
        await using var held = await keys.TakeAsync(request.Kind, request.Key, cancellationToken);
        if (!IsCovered(request, due))
            _client.Create(JobRunner.JobOf(request), StateOf(due));
    }

    public Task<IReadOnlyList<FailedJob>> FailedAsync(string? after, int take, CancellationToken cancellationToken) =>
        failures.ListAsync(after, take, cancellationToken);

    /// <summary>Brings a waiting job that is due later forward.</summary>
    /// <returns>Whether a job of the key is waiting and due by then.</returns>
    private bool IsCovered(JobRequest request, DateTime? due)
    {
        using var connection = storage.GetConnection();
        if (WaitingJobs.Find(connection, request.Kind, request.Key) is not { } waiting)
            return false;
        return waiting.Due is null || due >= waiting.Due
            // False if an operator has just moved it on the dashboard.
            || _client.ChangeState(waiting.Id, StateOf(due), ScheduledState.StateName);
    }

    private static IState StateOf(DateTime? due) => due is { } at ? new ScheduledState(at) : new EnqueuedState();
}
