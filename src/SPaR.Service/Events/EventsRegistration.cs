using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SPaR.Service.Events;

internal static class EventsRegistration
{
    /// <summary>Adds the signals between processes; once, however often it is called.</summary>
    public static IServiceCollection AddRunSignals(this IServiceCollection services)
    {
        services.TryAddSingleton<RunSignals>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RunSignals>(
            provider => provider.GetRequiredService<RunSignals>()));
        return services;
    }

    /// <summary>Adds <see cref="EventsOptions"/>, from the section <c>Events</c>.</summary>
    public static IServiceCollection AddEventsOptions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<EventsOptions>().Bind(configuration.GetSection(EventsOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        return services;
    }

    /// <summary>Adds the streams of events, and what deletes old ones.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services, IConfiguration configuration) => services
        .AddEventsOptions(configuration).AddRunSignals().AddSingleton<ProgressStreams>().AddHostedService<EventSweep>();
}
