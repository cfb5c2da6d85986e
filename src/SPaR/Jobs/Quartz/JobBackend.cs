using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Quartz;
using SPaR.Storage;

namespace SPaR.Jobs.Quartz;

/// <summary>Puts Quartz behind <see cref="IJobQueue"/>, in the schema <c>quartz</c>, which the migrations make.</summary>
internal static class JobBackend
{
    public static void Add(IServiceCollection services, string connectionString, bool serve, JobOptions options)
    {
        services.AddSingleton<IJobQueue, QuartzJobQueue>();
        services.AddQuartz(quartz => Configure(quartz, connectionString, options));
        services.AddOptions<QuartzSchedulerOptions>().Configure<IEnumerable<ServedKind>>((scheduler, kinds) =>
        {
            foreach (var kind in kinds)
                scheduler.ServedExecutionGroups.Add(kind.Name);
        });
        services.AddQuartzHostedService(host =>
        {
            host.AutoStart = serve;
            host.WaitForJobsToComplete = true;
        });
    }

    /// <summary>Quartz has no page for its jobs: whoever asks for one is led to the service's own.</summary>
    public static IEndpointConventionBuilder MapDashboard(IEndpointRouteBuilder app, string path) =>
        app.MapGet(path + "/{**rest}", () => TypedResults.Redirect("/")).ExcludeFromDescription();

    private static void Configure(IQuartzBuilder quartz, string connectionString, JobOptions options)
    {
        quartz.ConfigureScheduler(scheduler =>
        {
            scheduler.InstanceName = "spar";
            scheduler.GenerateInstanceId = true;
            // The shortest that Quartz allows: what another process enqueues waits this long at most.
            scheduler.IdleWaitTime = TimeSpan.FromSeconds(1);
            scheduler.ShutdownJobInterruption = ShutdownJobInterruption.Always;
        });
        quartz.UseDefaultThreadPool(options.Concurrent);
        quartz.UseDefaultRetryPolicy(RetryPolicy.Exponential(
            options.Retries, TimeSpan.FromSeconds(options.RetrySeconds), JobOptions.RetryFactor, JobOptions.LongestRetry));
        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(NpgsqlFactory.Instance, new NpgsqlConnectionStringBuilder(StorageRegistration.Bound(connectionString, 12))
            {
                SearchPath = "quartz",
                ApplicationName = "spar jobs",
            }.ConnectionString);
            store.UseSystemTextJsonSerializer();
            store.ProvisionSchema();
            store.ConfigureStore(ado => ado.RecoverFiringsCancelledByShutdown = true);
            store.UseClustering(cluster =>
            {
                cluster.CheckinInterval = TimeSpan.FromSeconds(options.CheckinSeconds);
                cluster.CheckinMisfireThreshold = TimeSpan.FromSeconds(2 * options.CheckinSeconds);
            });
        });
    }
}
