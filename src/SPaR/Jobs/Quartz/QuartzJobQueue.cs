using System.Collections.Concurrent;
using Quartz;

namespace SPaR.Jobs.Quartz;

/// <summary>The queue on Quartz: one durable job per kind, one trigger per key. A scheduler that is not started only stores.</summary>
internal sealed class QuartzJobQueue(ISchedulerFactory schedulers, JobFailures failures, TimeProvider time) : IJobQueue
{
    private readonly ConcurrentDictionary<string, Task> _kinds = new();

    public async Task EnqueueAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var scheduler = await schedulers.GetScheduler(cancellationToken);
        await EnsureKindAsync(scheduler, request.Kind);
        var trigger = TriggerBuilder.Create(time)
            .WithIdentity(request.Key, request.Kind)
            .ForJob(JobOf(request.Kind))
            // A worker that has no handler for this kind never takes it.
            .WithExecutionGroup(request.Kind)
            .UsingJobData(QuartzJob.Key, request.Key)
            .UsingJobData(QuartzJob.Payload, request.Payload)
            .StartAt(time.GetUtcNow() + (request.Delay ?? TimeSpan.Zero))
            .Build();
        // Decided under the store's lock: a trigger that still waits stands unless this one fires earlier; one that has fired is
        // replaced, and what runs for it runs on.
        await scheduler.ScheduleTrigger(trigger, TriggerConflict.KeepEarlier, cancellationToken);
    }

    public Task<IReadOnlyList<FailedJob>> FailedAsync(CancellationToken cancellationToken) => failures.ListAsync(cancellationToken);

    private static JobKey JobOf(string kind) => new(kind, "kinds");

    private Task EnsureKindAsync(IScheduler scheduler, string kind)
    {
        var stored = _kinds.GetOrAdd(kind, _ => scheduler.AddJob(
            JobBuilder.Create<QuartzJob>().WithIdentity(JobOf(kind)).StoreDurably()
                // Of a worker that dies, another one runs the job again.
                .RequestRecovery().Build(),
            AddJobOptions.Replacing).AsTask());
        if (stored.IsFaulted)
            _kinds.TryRemove(KeyValuePair.Create(kind, stored));
        return stored;
    }
}
