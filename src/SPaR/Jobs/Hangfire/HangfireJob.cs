using Hangfire;
using Hangfire.Common;
using Hangfire.Server;

namespace SPaR.Jobs.Hangfire;

/// <summary>What Hangfire runs for every job. Its name and arguments are stored with the jobs: a change of them loses those that
/// wait.</summary>
internal sealed class HangfireJob(JobRunner runner, JobOptions options)
{
    /// <summary>The parameter of a job that says how often it failed.</summary>
    public const string Failures = "Failures";

    // A queue for each kind, of the kind's name. Hangfire serves queues in the order of their names.
    [Queue("{0}")]
    public Task RunAsync(string kind, string key, string payload, PerformContext? context, CancellationToken cancellationToken)
    {
        var failures = context!.GetJobParameter<int>(Failures);
        return runner.RunAsync(new(kind, key, payload), failures + 1, isLast: failures >= options.Retries, cancellationToken);
    }

    public static Job Of(JobRequest request) => Job.FromExpression<HangfireJob>(
        job => job.RunAsync(request.Kind, request.Key, request.Payload, null, CancellationToken.None));

    public static (string Kind, string Key) Subject(Job job) => ((string)job.Args[0], (string)job.Args[1]);
}
