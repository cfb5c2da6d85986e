using Hangfire.Common;
using Hangfire.States;

namespace SPaR.Service.Jobs;

/// <summary>Changes the state of a job under the lock on its key, so that a worker or an operator who moves a job and a caller who
/// enqueues one of the same key never see each other halfway.</summary>
internal sealed class KeyedStateChanger(IJobFilterProvider filters, KeyLock keys) : IBackgroundJobStateChanger
{
    private readonly BackgroundJobStateChanger _inner = new(filters);

    public IState? ChangeState(StateChangeContext context)
    {
        // Null when the job is gone, or cannot be loaded by this version of the service.
        if (context.Connection.GetJobData(context.BackgroundJobId)?.Job is not { } job)
            return _inner.ChangeState(context);
        var (kind, key) = JobRunner.SubjectOf(job);
        // Hangfire is synchronous here, on threads of its own.
        var held = keys.TakeAsync(kind, key, CancellationToken.None).GetAwaiter().GetResult();
        try
        {
            return _inner.ChangeState(context);
        }
        finally
        {
            held.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
