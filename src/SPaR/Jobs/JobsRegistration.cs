using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using Quartz;
using SPaR.Storage;

namespace SPaR.Jobs;

public static class JobsRegistration
{
    /// <summary>Adds <see cref="IJobQueue"/> on Quartz, in the schema <c>quartz</c> of the same database, which the migrations make.
    /// Needs <see cref="StorageRegistration.AddSparStorage"/>.</summary>
    /// <param name="serve">Whether this process runs jobs, of the kinds it has an <see cref="IJobHandler"/> for; otherwise it only
    /// enqueues.</param>
    public static IServiceCollection AddSparJobs(
        this IServiceCollection services, string connectionString, bool serve, Action<JobOptions>? configure = null)
    {
        var options = new JobOptions();
        configure?.Invoke(options);
        System.ComponentModel.DataAnnotations.Validator.ValidateObject(options, new(options), validateAllProperties: true);
        services.TryAddSingleton(TimeProvider.System);
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
        return services;
    }

    /// <summary>Adds the handler of a kind; a process that serves takes jobs of these kinds only.</summary>
    public static IServiceCollection AddJobHandler<THandler>(this IServiceCollection services, string kind)
        where THandler : class, IJobHandler => services.AddSingleton<IJobHandler, THandler>().AddSingleton(new ServedKind(kind));

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
            options.Retries, TimeSpan.FromSeconds(options.RetrySeconds), 3, TimeSpan.FromHours(1)));
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

    // Known without making the handlers, which may themselves need the queue.
    private sealed record ServedKind(string Name);
}
