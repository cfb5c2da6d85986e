using Hangfire.Common;
using Hangfire.States;

namespace SPaR.Service.Jobs;

/// <summary>Changes a job's state under the lock on its key. So a worker or operator who moves a job and a caller who enqueues one of
/// the same key never see each other's half-done changes.</summary>
internal sealed class KeyedStateChanger(IJobFilterProvider filters, KeyLock keys) : IBackgroundJobStateChanger
{
    private readonly BackgroundJobStateChanger _inner = new(filters);

    public IState? ChangeState(StateChangeContext context)
    {
        // Null if the job is gone or this version of the service cannot load it.
        if (context.Connection.GetJobData(context.BackgroundJobId)?.Job is not { } job)
            return _inner.ChangeState(context);
        var (kind, key) = JobRunner.SubjectOf(job);
        // Hangfire calls this synchronously, on its own threads.
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
