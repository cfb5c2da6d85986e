using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SPaR.Service.Jobs;

public static class JobsRegistration
{
    /// <summary>Adds <see cref="IJobQueue"/> on Hangfire, in its own schema of the same database. Needs
    /// <see cref="StorageRegistration.AddSparStorage"/>.</summary>
    /// <param name="serve">Whether this process runs jobs of the kinds that it has an <see cref="IJobHandler"/> for; otherwise it only
    /// enqueues.</param>
    public static IServiceCollection AddSparJobs(
        this IServiceCollection services, string connectionString, bool serve, Action<JobOptions>? configure = null)
    {
        var options = new JobOptions();
        configure?.Invoke(options);
        Validator.ValidateObject(options, new(options), validateAllProperties: true);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options).AddSingleton<JobFailures>().AddSingleton<JobAttempts>().AddSingleton<JobRunner>();
        services.AddSingleton<JobHealth>().AddSingleton<UnfinishedLimit>();
        services.AddSingleton(_ => new KeyLock(connectionString));
        services.AddSingleton(provider => new JobDatabase(connectionString, options, provider.GetRequiredService<KeyLock>()));
        // Before the worker: hosted services start in this order.
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<JobDatabase>());
        services.AddHangfireClient().AddSingleton<IJobQueue, HangfireJobQueue>();
        return serve ? services.AddHostedService<JobCheckIn>().AddHangfireWorker(options) : services;
    }

    /// <summary>Adds the handler of a kind; a worker takes jobs of these kinds only.</summary>
    public static IServiceCollection AddJobHandler<THandler>(this IServiceCollection services, string kind)
        where THandler : class, IJobHandler => services.AddSingleton<IJobHandler, THandler>().AddSingleton(new ServedKind(kind));

    /// <summary>Maps the dashboard at <c>/hangfire</c>. The caller adds the policy that decides who may see it.</summary>
    public static IEndpointConventionBuilder MapSparJobs(this IEndpointRouteBuilder app) => JobDashboard.Map(app, "/hangfire");
}

/// <summary>A kind that this process has a handler for. Known without creating the handlers, which may need the queue
/// themselves.</summary>
internal sealed record ServedKind(string Name);
