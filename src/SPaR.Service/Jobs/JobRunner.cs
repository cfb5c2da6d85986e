using Hangfire;
using Hangfire.Common;
using Hangfire.Server;
using SPaR.Service.Logging;

namespace SPaR.Service.Jobs;

/// <summary>Hangfire calls it for every job. It runs the handler of the job's kind, gives up a job over which processes keep dying, and
/// keeps the list of jobs that were given up. Hangfire stores this class, its method and its parameters with each job, so changing one of
/// them loses the waiting jobs.</summary>
internal sealed class JobRunner(
    IEnumerable<IJobHandler> handlers, JobAttempts attempts, JobFailures failures, JobOptions options, ILogger<JobRunner> logger)
{
    /// <summary>Name of the job parameter that counts the job's failures.</summary>
    public const string Failures = "Failures";

    public static Job JobOf(JobRequest request) => Job.FromExpression<JobRunner>(
        runner => runner.RunAsync(request.Kind, request.Key, null, CancellationToken.None));

    public static (string Kind, string Key) SubjectOf(Job job) => ((string)job.Args[0], (string)job.Args[1]);

    /// <param name="context">Supplied by Hangfire, like the token.</param>
    /// <exception cref="Exception">The handler's, after it was logged: Hangfire decides about the retry.</exception>
    // One queue per kind, named after it. Hangfire serves queues in alphabetical order.
    [Queue("{0}")]
    public async Task RunAsync(string kind, string key, PerformContext? context, CancellationToken cancellationToken)
    {
        var request = new JobRequest(kind, key);
        var failed = context!.GetJobParameter<int>(Failures);
        var handler = handlers.FirstOrDefault(h => h.Kind == kind)
            ?? throw new InvalidOperationException($"This worker has no handler for jobs of the kind '{kind}'; see AddJobHandler.");
        using var scope = logger.InJob(kind, key);
        try
        {
            await AttemptAsync(handler, request, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The worker is stopping; Hangfire gives the job to another one.
            throw;
        }
        catch (Exception error) when (failed < options.Retries)
        {
            logger.JobFailed(error, kind, key, failed + 1);
            throw;
        }
        catch (Exception error)
        {
            logger.JobGivenUp(error, kind, key, failed + 1);
            await failures.RecordAsync(request, failed + 1, FailedJob.JobFailed, error.Message);
            throw;
        }
    }

    private async Task AttemptAsync(IJobHandler handler, JobRequest request, CancellationToken cancellationToken)
    {
        if (await handler.ProgressAsync(request.Key, cancellationToken) is not { Count: var progress })
            return;
        var deaths = await attempts.DeathsAsync(request, progress, cancellationToken);
        // What must wait is enqueued again by an orphan scan, so that it holds no slot meanwhile.
        if (deaths.IsGivenUp || deaths.MustWait)
        {
            await GiveUpIfNeededAsync(handler, request, deaths, cancellationToken);
            return;
        }

        var attempt = await attempts.TryBeginAsync(request, progress, deaths.IsSuspect, cancellationToken);
        if (attempt is null)
            return;
        await using (attempt)
        {
            try
            {
                await handler.RunAsync(request with { IsSuspect = deaths.IsSuspect }, cancellationToken);
                await failures.ForgetAsync(request, cancellationToken);
                return;
            }
            catch (ModelProcessDiedException error)
            {
                logger.ModelProcessDied(error, request.Kind, request.Key);
                await attempt.DieAsync(error.LastWords);
            }
        }

        if (await handler.ProgressAsync(request.Key, cancellationToken) is { Count: var now })
            await GiveUpIfNeededAsync(
                handler, request, await attempts.DeathsAsync(request, now, cancellationToken), cancellationToken);
    }

    private async Task GiveUpIfNeededAsync(
        IJobHandler handler, JobRequest request, JobDeaths deaths, CancellationToken cancellationToken)
    {
        if (!deaths.IsGivenUp)
            return;
        var message = deaths.Describe();
        logger.JobKills(request.Kind, request.Key, deaths.Count, message);
        // In this order: after a crash between two of them, the next job of the key repeats them.
        await handler.FailAsync(request.Key, FailedJob.ProcessDied, message, cancellationToken);
        await failures.RecordAsync(request, deaths.Count, FailedJob.ProcessDied, message);
        await attempts.ForgetAsync(request, cancellationToken);
    }
}
