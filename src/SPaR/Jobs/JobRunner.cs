using Microsoft.Extensions.Logging;

namespace SPaR.Jobs;

/// <summary>What is done for a job whichever queue stands behind it: finds the handler of its kind, runs it, and keeps the list of what
/// was given up. Knows neither how often a job is tried nor when.</summary>
internal sealed class JobRunner(IEnumerable<IJobHandler> handlers, JobFailures failures, ILogger<JobRunner> logger)
{
    /// <param name="attempt">From 1.</param>
    /// <param name="isLast">No other attempt follows when this one fails.</param>
    /// <exception cref="Exception">Whatever the handler throws, after it was noted.</exception>
    public async Task RunAsync(JobRequest request, int attempt, bool isLast, CancellationToken cancellationToken)
    {
        var handler = handlers.FirstOrDefault(h => h.Kind == request.Kind)
            ?? throw new InvalidOperationException($"No handler for jobs of the kind '{request.Kind}' is registered in this worker.");
        try
        {
            await handler.RunAsync(request, cancellationToken);
            await failures.ForgetAsync(request, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The worker is stopping: the queue gives the job to another one.
            throw;
        }
        catch (Exception error)
        {
            if (isLast)
            {
                Log.JobGivenUp(logger, error, request.Kind, request.Key, attempt);
                await failures.RecordAsync(request, attempt, error);
            }
            else
            {
                Log.JobFailed(logger, error, request.Kind, request.Key, attempt);
            }

            throw;
        }
    }
}
