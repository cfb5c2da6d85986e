using System.Globalization;
using Hangfire.States;

namespace SPaR.Jobs.Hangfire;

/// <summary>Our policy for jobs that fail, in the place of Hangfire's ten tries: as often and as soon as <see cref="JobOptions"/>
/// say.</summary>
internal sealed class RetryFilter(JobOptions options, TimeProvider time) : IElectStateFilter
{
    public void OnStateElection(ElectStateContext context)
    {
        if (context.CandidateState is not FailedState failed)
            return;
        var failures = context.GetJobParameter<int>(HangfireJob.Failures);
        if (failures >= options.Retries)
            return;
        var (kind, key) = HangfireJob.Subject(context.BackgroundJob.Job);
        if (WaitingJobs.Find(context.Connection, kind, key) is { } other && other.Id != context.BackgroundJob.Id)
        {
            // Enqueued while this one ran: two that wait would be two of one key.
            context.CandidateState = new DeletedState { Reason = $"Failed; job {other.Id} of the same key waits and runs instead." };
            return;
        }

        context.SetJobParameter(HangfireJob.Failures, failures + 1);
        context.CandidateState = new ScheduledState(HangfireTime.NoSooner(time.GetUtcNow() + Wait(failures)))
        {
            Reason = string.Create(
                CultureInfo.InvariantCulture, $"Retry {failures + 1} of {options.Retries}: {failed.Exception.GetBaseException().Message}"),
        };
    }

    private TimeSpan Wait(int failures)
    {
        var wait = options.RetrySeconds * Math.Pow(JobOptions.RetryFactor, failures);
        return wait < JobOptions.LongestRetry.TotalSeconds ? TimeSpan.FromSeconds(wait) : JobOptions.LongestRetry;
    }
}
