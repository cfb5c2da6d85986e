using Hangfire;
using Hangfire.Common;

namespace SPaR.Jobs.Hangfire;

/// <summary>What Hangfire asks when a job changes its state: ours alone, and none of the filters that it keeps for the whole
/// process.</summary>
internal sealed class JobFilters
{
    public JobFilters(JobOptions options, TimeProvider time) => Provider =
        new JobFilterProviderCollection(
            // Which finds the queue's name on the job.
            new JobFilterAttributeFilterProvider(),
            new JobFilterCollection
            {
                { new RetryFilter(options, time), 1 },
                // After the decision how a job goes on: it counts what the dashboard draws.
                { new StatisticsHistoryAttribute(), 2 },
                { new WaitingJobs(), 3 },
            });

    public IJobFilterProvider Provider { get; }
}
