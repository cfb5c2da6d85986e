using Hangfire;
using Hangfire.Common;
using Hangfire.Server;
using Microsoft.Extensions.Logging;
using SPaR.Service.Logging;

namespace SPaR.Service.Jobs;

/// <summary>What Hangfire calls for every job: finds the handler of its kind, runs it and keeps the list of the jobs that were given up.
/// Hangfire stores the names of this class and its method with each job, so renaming either loses the jobs that wait.</summary>
internal sealed class JobRunner(
    IEnumerable<IJobHandler> handlers, JobFailures failures, JobOptions options, ILogger<JobRunner> logger)
{
    /// <summary>The job parameter that counts how often the job has failed.</summary>
    public const string Failures = "Failures";

    public static Job JobOf(JobRequest request) => Job.FromExpression<JobRunner>(
        runner => runner.RunAsync(request.Kind, request.Key, request.Payload, null, CancellationToken.None));

    public static (string Kind, string Key) SubjectOf(Job job) => ((string)job.Args[0], (string)job.Args[1]);

    /// <param name="context">Given by Hangfire, as is the token.</param>
    /// <exception cref="Exception">Whatever the handler throws, after it was logged: Hangfire decides on the retry.</exception>
    // One queue per kind, named after it. Hangfire serves queues in alphabetical order.
    [Queue("{0}")]
    public async Task RunAsync(string kind, string key, string payload, PerformContext? context, CancellationToken cancellationToken)
    {
        var request = new JobRequest(kind, key, payload);
        var failed = context!.GetJobParameter<int>(Failures);
        var handler = handlers.FirstOrDefault(h => h.Kind == kind)
            ?? throw new InvalidOperationException($"No handler for jobs of the kind '{kind}' is registered in this worker.");
        try
        {
            await handler.RunAsync(request, cancellationToken);
            await failures.ForgetAsync(request, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The worker is stopping: Hangfire gives the job to another one.
            throw;
        }
        catch (Exception error) when (failed < options.Retries)
        {
            Log.JobFailed(logger, error, kind, key, failed + 1);
            throw;
        }
        catch (Exception error)
        {
            Log.JobGivenUp(logger, error, kind, key, failed + 1);
            await failures.RecordAsync(request, failed + 1, error);
            throw;
        }
    }
}
