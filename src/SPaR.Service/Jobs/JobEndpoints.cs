using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SPaR.Service.Keys;

namespace SPaR.Service.Jobs;

/// <summary>The jobs that were given up and need a person.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder api) => api.MapGet("/jobs/failed", Failed)
        .RequireScope(Scope.Read).WithTags("Jobs").WithName("ListFailedJobs")
        .WithSummary("The jobs that failed as often as they may, what each is about, and its last error")
        .WithDescription(
            "A job leaves the list when one of its kind and key next succeeds, as after a retry or a resume of what it is about.");

    private static async Task<Ok<FailedJobList>> Failed(
        IJobQueue queue,
        IEnumerable<IJobDescriber> describers,
        CancellationToken cancellationToken)
    {
        var tellers = describers.ToDictionary(s => s.Kind);
        var failed = new List<FailedJobView>();
        foreach (var job in await queue.FailedAsync(cancellationToken))
            failed.Add(FailedJobView.Of(
                job,
                tellers.TryGetValue(job.Kind, out var description) ? await description.DescribeAsync(job.Key, cancellationToken) : null));
        return TypedResults.Ok(new FailedJobList(failed));
    }
}

internal sealed record FailedJobList(IReadOnlyList<FailedJobView> Jobs);

/// <param name="Kind"><c>run</c>, <c>train</c> or <c>evaluate</c>.</param>
/// <param name="Key">What it is about; unique within its kind.</param>
/// <param name="Title">Null, like all up to the link, when what it was about is gone.</param>
/// <param name="Stage">What was being done.</param>
/// <param name="Progress">As in <c>120 / 500</c>.</param>
/// <param name="Link">The path of the run, or of what stands in its place where there is none.</param>
internal sealed record FailedJobView(
    string Kind, string Key, string? Title, string? Stage, string? Progress, string? Link, int Attempts, string Error,
    DateTimeOffset FailedAt)
{
    public static FailedJobView Of(FailedJob job, JobDescription? description) => new(
        job.Kind, job.Key, description?.Title, description?.Stage, description?.Progress, description?.Link, job.Attempts, job.Error, job
            .FailedAt);
}
