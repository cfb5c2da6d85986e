using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Jobs;

/// <summary>Lists the jobs that were given up.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder api) => api.MapGet("/jobs/failed", Failed)
        .RequireScope(Scope.Read).WithTags("Jobs").WithName("ListFailedJobs")
        .WithSummary("List the jobs that were given up, with their subjects and last errors")
        .WithDescription(
            "A job leaves the list when a job of its kind and key next succeeds, for example after you resume its run.");

    private static async Task<Ok<Page<FailedJobView>>> Failed(
        [AsParameters] PageQuery page, IJobQueue queue, IEnumerable<IJobDescriber> describers, CancellationToken cancellationToken)
    {
        var jobs = page.Of(await queue.FailedAsync(page.AfterId, page.Take, cancellationToken), job => job.Key);
        var byKind = describers.ToDictionary(d => d.Kind);
        var failed = new List<FailedJobView>();
        foreach (var job in jobs.Data)
            failed.Add(FailedJobView.Of(
                job, byKind.TryGetValue(job.Kind, out var describer) ? await describer.DescribeAsync(job.Key, cancellationToken) : null));
        return TypedResults.Ok(new Page<FailedJobView>(failed, jobs.HasMore, jobs.After));
    }
}

/// <param name="Kind"><c>run</c>, <c>train</c> or <c>evaluate</c>.</param>
/// <param name="Key">Id of its subject: a run, training run or evaluation.</param>
/// <param name="Title">Null if the subject no longer exists; so are stage, progress and link.</param>
/// <param name="Stage">The current step: <c>round 2, self-play</c>.</param>
/// <param name="Progress">For example <c>120 / 500</c>.</param>
/// <param name="Link">Path of the run; of the training or evaluation if it belongs to no run.</param>
/// <param name="Code"><c>process-died</c>: every attempt ended with the death of a process; <c>job-failed</c>: with an error.</param>
internal sealed record FailedJobView(
    string Kind, string Key, string? Title, string? Stage, string? Progress, string? Link, int Attempts, string Code, string Error,
    DateTimeOffset FailedAt)
{
    public static FailedJobView Of(FailedJob job, JobDescription? description) => new(
        job.Kind, job.Key, description?.Title, description?.Stage, description?.Progress, description?.Link, job.Attempts, job.Code,
        job.Error, job.FailedAt);
}
