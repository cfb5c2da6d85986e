namespace SPaR.Service.Jobs;

/// <summary>Stores jobs through restarts and hands each to a worker at least once. Does not know what they do.</summary>
public interface IJobQueue
{
    /// <summary>Stores a job. If a job of the same kind and key is already waiting, the two become one, which runs at the earlier time.
    /// If one is already running, the new one runs after it.</summary>
    Task EnqueueAsync(JobRequest request, CancellationToken cancellationToken);

    /// <summary>The jobs that were given up, with their errors, the last key first. A job leaves the list when its key next
    /// succeeds.</summary>
    /// <param name="after">Only jobs whose key comes after this one in that order; null: from the first.</param>
    /// <param name="take">At most so many.</param>
    Task<IReadOnlyList<FailedJob>> FailedAsync(string? after, int take, CancellationToken cancellationToken);
}

/// <summary>Runs the jobs of one kind. May be called again for a job that was interrupted or failed, so a handler skips what is
/// done.</summary>
public interface IJobHandler
{
    string Kind { get; }

    /// <returns>Null if there is nothing to do: the subject is gone or has failed.</returns>
    Task<JobProgress?> ProgressAsync(string key, CancellationToken cancellationToken);

    /// <summary>Fails the subject of a job that is given up.</summary>
    /// <param name="code">Stable.</param>
    Task FailAsync(string key, string code, string message, CancellationToken cancellationToken);

    /// <exception cref="ModelProcessDiedException">The process of a model died over it. The job is taken up again, a few times.</exception>
    /// <param name="cancellationToken">Cancelled when the worker stops: throw or return, and the job runs again elsewhere.</param>
    Task RunAsync(JobRequest request, CancellationToken cancellationToken);
}

/// <param name="Kind">Selects the handler.</param>
/// <param name="Key">The subject's id. At most one job of a kind and key is waiting at a time.</param>
/// <param name="Delay">The least time to wait; null: none.</param>
public sealed record JobRequest(string Kind, string Key, TimeSpan? Delay = null)
{
    /// <summary>A process died over it before, so its handler works on one thing at a time: what kills is then found.</summary>
    public bool IsSuspect { get; init; }

    public static JobRequest Run(string runId) => new(JobKinds.Run, runId);

    public static JobRequest Train(string trainingRunId) => new(JobKinds.Train, trainingRunId);

    public static JobRequest Evaluate(string evaluationId) => new(JobKinds.Evaluate, evaluationId);

    public static JobRequest Webhook(string webhookId) => new(JobKinds.Webhook, webhookId);

    public static JobRequest Convert(string conversionId) => new(JobKinds.Convert, conversionId);
}

/// <param name="Count">Grows whenever the subject comes further, and never shrinks.</param>
public sealed record JobProgress(long Count);

/// <summary>The kinds of jobs.</summary>
public static class JobKinds
{
    public const string Run = "run", Train = "train", Evaluate = "evaluate", Convert = "convert", Webhook = "webhook";
}
