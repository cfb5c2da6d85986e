namespace SPaR.Service.Jobs;

/// <summary>Stores jobs through restarts and hands each to a worker at least once. Does not know what they do.</summary>
public interface IJobQueue
{
    /// <summary>Stores a job. If a job of the same kind and key is already waiting, the two become one, which runs at the earlier time.
    /// If one is already running, the new one runs after it.</summary>
    Task EnqueueAsync(JobRequest request, CancellationToken cancellationToken);

    /// <summary>The jobs that were given up, with their errors. A job leaves the list when its key next succeeds.</summary>
    Task<IReadOnlyList<FailedJob>> FailedAsync(CancellationToken cancellationToken);
}

/// <summary>Runs the jobs of one kind. May be called again for a job that was interrupted or failed, so a handler skips what is
/// done.</summary>
public interface IJobHandler
{
    string Kind { get; }

    /// <param name="cancellationToken">Cancelled when the worker stops: throw or return, and the job runs again elsewhere.</param>
    Task RunAsync(JobRequest request, CancellationToken cancellationToken);
}

/// <param name="Kind">Selects the handler.</param>
/// <param name="Key">The subject's id. At most one job of a kind and key is waiting at a time.</param>
/// <param name="Delay">The least time to wait; null: none.</param>
public sealed record JobRequest(string Kind, string Key, TimeSpan? Delay = null)
{
    public static JobRequest Run(string runId) => new(JobKinds.Run, runId);

    public static JobRequest Train(string trainingRunId) => new(JobKinds.Train, trainingRunId);

    public static JobRequest Evaluate(string evaluationId) => new(JobKinds.Evaluate, evaluationId);
}

/// <summary>The kinds of jobs.</summary>
public static class JobKinds
{
    public const string Run = "run", Train = "train", Evaluate = "evaluate";
}
