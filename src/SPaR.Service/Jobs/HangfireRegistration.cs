using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.Client;
using Hangfire.Common;
using Hangfire.Logging;
using Hangfire.Server;
using Hangfire.States;

namespace SPaR.Service.Jobs;

/// <summary>Adds Hangfire to one host. By default Hangfire keeps storage, filters and activator in statics. They are registered before
/// <c>AddHangfire</c>, which then keeps ours, so hosts in one process do not share them.</summary>
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
            // When the worker stops, its jobs are cancelled at once and go back to the queue.
            server.StopTimeout = TimeSpan.Zero;
        });

    private static IJobFilterProvider FiltersOf(IServiceProvider provider) => new JobFilterProviderCollection(
        // Reads the queue's name from the job's method.
        new JobFilterAttributeFilterProvider(),
        new JobFilterCollection
        {
            { new RetryFilter(provider.GetRequiredService<JobOptions>(), provider.GetRequiredService<TimeProvider>()), 1 },
            // Both run after the retry decision: the dashboard's statistics, and which job of a key is waiting.
            { new StatisticsHistoryAttribute(), 2 },
            { new WaitingJobs(), 3 },
        });

    /// <summary>Hangfire logs through the host that was configured last. That host's loggers are disposed of with it, so this one takes
    /// them away from Hangfire.</summary>
    private sealed class LogProviderReset : IDisposable
    {
        public void Dispose() => LogProvider.SetCurrentLogProvider(null);
    }
}
