using System.Globalization;
using Hangfire.States;

namespace SPaR.Service.Jobs;

/// <summary>Retries failed jobs as configured in <see cref="JobOptions"/>. Replaces Hangfire's ten retries.</summary>
internal sealed class RetryFilter(JobOptions options, TimeProvider time) : IElectStateFilter
{
    public void OnStateElection(ElectStateContext context)
    {
        if (context.CandidateState is not FailedState failed)
            return;
        var failures = context.GetJobParameter<int>(JobRunner.Failures);
        if (failures >= options.Retries)
            return;
        context.SetJobParameter(JobRunner.Failures, failures + 1);
        context.CandidateState = new ScheduledState(WaitingJobs.NotBefore(time.GetUtcNow() + DelayAfter(failures)))
        {
            Reason = string.Create(
                CultureInfo.InvariantCulture, $"Retry {failures + 1} of {options.Retries}: {failed.Exception.GetBaseException().Message}"),
        };
    }

    private TimeSpan DelayAfter(int failures)
    {
        var seconds = options.RetrySeconds * Math.Pow(JobOptions.RetryFactor, failures);
        return seconds < JobOptions.LongestRetryDelay.TotalSeconds ? TimeSpan.FromSeconds(seconds) : JobOptions.LongestRetryDelay;
    }
}
