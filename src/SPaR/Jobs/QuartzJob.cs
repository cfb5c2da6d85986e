using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Quartz;
using SPaR.Storage;

namespace SPaR.Jobs;

/// <summary>What Quartz runs for every job: finds the handler of the kind, and records the last failure.</summary>
internal sealed class QuartzJob(
    IEnumerable<IJobHandler> handlers, IDbContextFactory<SparDb> databases, TimeProvider time, ILogger<QuartzJob> logger) : IJob
{
    public const string Key = "key";
    public const string Payload = "payload";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var data = context.MergedJobDataMap;
        var request = new JobRequest(context.JobDetail.Key.Name, (string)data[Key]!, (string)data[Payload]!);
        var handler = handlers.FirstOrDefault(h => h.Kind == request.Kind)
            ?? throw new InvalidOperationException($"No handler for jobs of the kind '{request.Kind}' is registered in this worker.");
        try
        {
            await handler.RunAsync(request, cancellationToken);
            await ForgetFailureAsync(request, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The worker is stopping. Quartz stores a recovery trigger for a job that ends so, and another worker runs it.
            throw;
        }
        catch (Exception error)
        {
            var attempt = context.RetryAttempt + 1;
            if (context.RetryPolicy is { } policy && context.RetryAttempt < policy.MaxAttempts)
                Log.JobFailed(logger, error, request.Kind, request.Key, attempt);
            else
                await RecordFailureAsync(request, attempt, error);
            // Quartz tries it again after the wait, if a try is left.
            throw new JobExecutionException(error.Message, error);
        }
    }

    private async Task RecordFailureAsync(JobRequest request, int attempts, Exception error)
    {
        Log.JobGivenUp(logger, error, request.Kind, request.Key, attempts);
        await using var db = await databases.CreateDbContextAsync();
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.failed_jobs (kind, key, payload, attempts, error, failed_at)
            VALUES ({request.Kind}, {request.Key}, {request.Payload}, {attempts}, {error.Message}, {time.GetUtcNow()})
            ON CONFLICT (kind, key) DO UPDATE SET payload = excluded.payload, attempts = excluded.attempts, error = excluded.error,
                failed_at = excluded.failed_at
            """);
    }

    private async Task ForgetFailureAsync(JobRequest request, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.FailedJobs.Where(j => j.Kind == request.Kind && j.Key == request.Key).ExecuteDeleteAsync(cancellationToken);
    }
}
