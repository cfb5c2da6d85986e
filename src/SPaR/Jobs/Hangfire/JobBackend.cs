using Hangfire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SPaR.Jobs.Hangfire;

/// <summary>Puts Hangfire behind <see cref="IJobQueue"/>, without its process-wide configuration: several hosts of one process have each
/// their own.</summary>
internal static class JobBackend
{
    public static void Add(IServiceCollection services, string connectionString, bool serve, JobOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<JobFilters>();
        services.AddSingleton<HangfireJob>();
        services.AddSingleton(_ => new KeyLock(connectionString));
        services.AddSingleton(provider => new HangfireStorage(connectionString, options, provider.GetRequiredService<KeyLock>()));
        services.AddSingleton<JobStorage>(provider => provider.GetRequiredService<HangfireStorage>().Jobs);
        services.AddSingleton<IJobQueue, HangfireJobQueue>();
        services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<HangfireWorker>(provider, serve));
    }

    public static IEndpointConventionBuilder MapDashboard(IEndpointRouteBuilder app, string path) => JobDashboard.Map(app, path);
}
