using Hangfire.States;

namespace SPaR.Jobs.Hangfire;

/// <summary>Changes the state of a job while holding the lock on its key, so that a worker which begins, ends or puts off a job and a
/// caller who enqueues one of the same key never see each other halfway.</summary>
internal sealed class KeyedStateChanger(IBackgroundJobStateChanger inner, KeyLock keys) : IBackgroundJobStateChanger
{
    public IState? ChangeState(StateChangeContext context)
    {
        // Null when the job has gone, or is not one that this version knows.
        if (context.Connection.GetJobData(context.BackgroundJobId)?.Job is not { } job)
            return inner.ChangeState(context);
        var (kind, key) = HangfireJob.Subject(job);
        // Hangfire is synchronous here, on threads of its own.
        var held = keys.TakeAsync(kind, key, CancellationToken.None).GetAwaiter().GetResult();
        try
        {
            return inner.ChangeState(context);
        }
        finally
        {
            held.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
