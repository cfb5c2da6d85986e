using Quartz;

namespace SPaR.Jobs.Quartz;

/// <summary>What Quartz runs for every job.</summary>
internal sealed class QuartzJob(JobRunner runner) : IJob
{
    public const string Key = "key";
    public const string Payload = "payload";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var data = context.MergedJobDataMap;
        var request = new JobRequest(context.JobDetail.Key.Name, (string)data[Key]!, (string)data[Payload]!);
        var isLast = context.RetryPolicy is not { } policy || context.RetryAttempt >= policy.MaxAttempts;
        try
        {
            await runner.RunAsync(request, context.RetryAttempt + 1, isLast, cancellationToken);
        }
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            // Quartz tries it again after the wait, if a try is left. For a job that ends because the worker stops it stores a recovery
            // trigger, and another worker runs it.
            throw new JobExecutionException(error.Message, error);
        }
    }
}
