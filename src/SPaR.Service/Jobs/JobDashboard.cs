using System.Net;
using Hangfire;
using Hangfire.Common;
using Hangfire.Dashboard;

namespace SPaR.Service.Jobs;

/// <summary>Hangfire's dashboard. Each job shows its run, stage, progress and a link to the run.</summary>
internal static class JobDashboard
{
    // Hangfire keeps renderers in statics, so this one is added once and takes its services from the request.
    static JobDashboard() => GlobalConfiguration.Configuration.UseJobDetailsRenderer(0, Render);

    /// <summary>Without Hangfire's own filters: the endpoint's policy decides who may see it.</summary>
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder app, string path) =>
        app.MapHangfireDashboardWithNoAuthorizationFilters(path, new DashboardOptions
        {
            DisplayStorageConnectionString = false,
            DashboardTitle = "SPaR: jobs",
            AppPath = "/",
            DisplayNameFunc = NameOf,
        }).ExcludeFromDescription();

    private static string NameOf(DashboardContext context, Job job)
    {
        var (kind, key) = JobRunner.SubjectOf(job);
        return Describe(context, kind, key)?.ToString() ?? $"{kind} {key}";
    }

    private static NonEscapedString Render(JobDetailsRendererDto page)
    {
        if (page.JobDetails.Job is not { } job)
            return new("");
        var (kind, key) = JobRunner.SubjectOf(job);
        if (Describe(page.Page.Context, kind, key) is not { } description)
            return new($"<p>The {Html(kind)} {Html(key)} no longer exists.</p>");
        return new(
            $"""
            <h3>{Html(description.Title)}</h3>
            <p>{Html(description.Stage)}{(description.Progress is { } progress ? $": {Html(progress)}" : "")}.
            <a href="{Html(description.Link)}">{Html(description.Link)}</a></p>
            """);
    }

    private static JobDescription? Describe(DashboardContext context, string kind, string key)
    {
        var request = context.GetHttpContext();
        // Hangfire renders its pages synchronously.
        return request.RequestServices.GetServices<IJobDescriber>().FirstOrDefault(d => d.Kind == kind)
            ?.DescribeAsync(key, request.RequestAborted).GetAwaiter().GetResult();
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
