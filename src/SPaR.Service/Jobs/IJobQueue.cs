namespace SPaR.Service.Jobs;

/// <summary>Takes jobs, keeps them through restarts, and hands each to a worker at least once. Knows nothing of what they do.</summary>
public interface IJobQueue
{
    /// <summary>Stores a job. One of the same kind and key that still waits is the same job: it runs once, at the earlier of the two
    /// times. One that has begun is another job, so what is enqueued while it runs runs after it.</summary>
    Task EnqueueAsync(JobRequest request, CancellationToken cancellationToken);

    /// <summary>The jobs that were given up, each with its error; a job leaves the list when its key next succeeds.</summary>
    Task<IReadOnlyList<FailedJob>> FailedAsync(CancellationToken cancellationToken);
}

/// <summary>Runs the jobs of one kind. May be called again for a job that was cut off or failed: a handler finds what is done.</summary>
public interface IJobHandler
{
    string Kind { get; }

    /// <param name="cancellationToken">The worker is stopping: throw or return, and the job runs again elsewhere.</param>
    Task RunAsync(JobRequest request, CancellationToken cancellationToken);
}

/// <param name="Kind">Which handler runs it.</param>
/// <param name="Key">What it is about; unique within its kind while it waits.</param>
/// <param name="Payload">For the handler, as text.</param>
/// <param name="Delay">How long it waits at least; null is now.</param>
public sealed record JobRequest(string Kind, string Key, string Payload, TimeSpan? Delay = null)
{
    public static JobRequest Run(string runId) => new(JobKinds.Run, runId, "{}");

    public static JobRequest Train(string trainingRunId) => new(JobKinds.Train, trainingRunId, "{}");

    public static JobRequest Evaluate(string evaluationId) => new(JobKinds.Evaluate, evaluationId, "{}");
}

/// <summary>Names of the handlers.</summary>
public static class JobKinds
{
    public const string Run = "run", Train = "train", Evaluate = "evaluate";
}
