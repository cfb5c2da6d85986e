using System.Net;
using Hangfire;
using Hangfire.Common;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace SPaR.Jobs.Hangfire;

/// <summary>Hangfire's dashboard, each job with what it is about: its run, the stage, how far that is, and the way back to it.</summary>
internal static class JobDashboard
{
    // Hangfire keeps what draws a job's page for the whole process; this is added once, and asks the services of the request.
    static JobDashboard() => GlobalConfiguration.Configuration.UseJobDetailsRenderer(0, Draw);

    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder app, string path)
    {
        var options = new DashboardOptions
        {
            // The policy on the endpoint decides, and nothing beside it.
            Authorization = [],
            AsyncAuthorization = [],
            DisplayStorageConnectionString = false,
            DashboardTitle = "SPaR: jobs",
            AppPath = "/",
            DisplayNameFunc = NameOf,
        };
        // Made when it is first asked for: the storage opens when the service starts, not while its parts are put together.
        var page = new Lazy<RequestDelegate>(() => app.CreateApplicationBuilder()
            .UsePathBase(path)
            // As MapHangfireDashboard does it, which would ask for Hangfire's process-wide configuration.
            .UseMiddleware<AspNetCoreDashboardMiddleware>(
                app.ServiceProvider.GetRequiredService<JobStorage>(), options, DashboardRoutes.Routes, true)
            .Build());
        return app.Map(path + "/{**rest}", context => page.Value(context)).ExcludeFromDescription();
    }

    private static string NameOf(DashboardContext context, Job job)
    {
        var (kind, key) = HangfireJob.Subject(job);
        return $"{kind} {Tell(context, kind, key)?.ToString() ?? key}";
    }

    private static NonEscapedString Draw(JobDetailsRendererDto page)
    {
        if (page.JobDetails.Job is not { } job)
            return new("");
        var (kind, key) = HangfireJob.Subject(job);
        if (Tell(page.Page.Context, kind, key) is not { } story)
            return new($"<p>There is no {Html(kind)} {Html(key)} any more.</p>");
        return new(
            $"""
            <h3>{Html(story.Title)}</h3>
            <p>{Html(story.Stage)}{(story.Progress is { } progress ? $": {Html(progress)}" : "")}.
            <a href="{Html(story.Link)}">{Html(story.Link)}</a></p>
            """);
    }

    private static JobStory? Tell(DashboardContext context, string kind, string key)
    {
        var request = context.GetHttpContext();
        // Hangfire draws its pages synchronously, on a thread that has no other work.
        return request.RequestServices.GetServices<IJobStory>().FirstOrDefault(s => s.Kind == kind)
            ?.TellAsync(key, request.RequestAborted).GetAwaiter().GetResult();
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
