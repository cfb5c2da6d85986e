using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.Client;
using Hangfire.Common;
using Hangfire.Logging;
using Hangfire.Server;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;

namespace SPaR.Service.Jobs;

/// <summary>Adds Hangfire to one host. What Hangfire takes from statics of the process by default (storage, filters, activator) is
/// registered before <c>AddHangfire</c>, which then leaves it alone: hosts of one process do not share it.</summary>
internal static class HangfireRegistration
{
    public static IServiceCollection AddHangfireClient(this IServiceCollection services) => services
        .AddSingleton(provider => provider.GetRequiredService<JobDatabase>().Storage)
        .AddSingleton<IJobFilterProvider>(FiltersOf)
        .AddSingleton<JobActivator>(provider => new AspNetCoreJobActivator(provider.GetRequiredService<IServiceScopeFactory>()))
        .AddSingleton<IBackgroundJobFactory>(provider => new BackgroundJobFactory(provider.GetRequiredService<IJobFilterProvider>()))
        .AddSingleton<IBackgroundJobPerformer>(provider => new BackgroundJobPerformer(
            provider.GetRequiredService<IJobFilterProvider>(), provider.GetRequiredService<JobActivator>()))
        .AddSingleton<IBackgroundJobStateChanger, KeyedStateChanger>()
        .AddSingleton<LogProviderReset>()
        .AddHangfire((provider, _) => provider.GetRequiredService<LogProviderReset>());

    /// <summary>Runs the jobs of the kinds that this process has a handler for.</summary>
    public static IServiceCollection AddHangfireWorker(this IServiceCollection services, JobOptions options) =>
        services.AddHangfireServer((provider, server) =>
        {
            server.Queues = [.. provider.GetServices<ServedKind>().Select(kind => kind.Name)];
            server.WorkerCount = options.Concurrent;
            server.SchedulePollingInterval = TimeSpan.FromSeconds(0.5);
            // How soon a job notices that an operator has deleted it.
            server.CancellationCheckInterval = TimeSpan.FromSeconds(options.CheckinSeconds);
            // A job is told at once that the worker stops, and goes back to the queue.
            server.StopTimeout = TimeSpan.Zero;
        });

    private static IJobFilterProvider FiltersOf(IServiceProvider provider) => new JobFilterProviderCollection(
        // Finds the name of the queue on the job's method.
        new JobFilterAttributeFilterProvider(),
        new JobFilterCollection
        {
            { new RetryFilter(provider.GetRequiredService<JobOptions>(), provider.GetRequiredService<TimeProvider>()), 1 },
            // Both after the decision whether a job is retried: what the dashboard counts, and which job of a key waits.
            { new StatisticsHistoryAttribute(), 2 },
            { new WaitingJobs(), 3 },
        });

    /// <summary>Hangfire logs through the loggers of the host that was configured last. They end with the host, so it must not log
    /// there any longer.</summary>
    private sealed class LogProviderReset : IDisposable
    {
        public void Dispose() => LogProvider.SetCurrentLogProvider(null);
    }
}
