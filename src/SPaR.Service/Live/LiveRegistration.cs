using SPaR.Service.Events;

namespace SPaR.Service.Live;

public static class LiveRegistration
{
    /// <summary>Adds what an API process needs to have live requests answered. Options come from the section <c>Live</c>.</summary>
    public static IServiceCollection AddSparLive(this IServiceCollection services, IConfiguration configuration) =>
        services.AddLiveOptions(configuration).AddSingleton<LiveSubmission>().AddHostedService<LiveSweep>();

    /// <summary>Adds the options and the signals.</summary>
    internal static IServiceCollection AddLiveOptions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<LiveOptions>().Bind(configuration.GetSection(LiveOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        return services.AddRunSignals();
    }
}
