using Microsoft.Extensions.DependencyInjection.Extensions;
using SPaR.Service.Events;
using SPaR.Service.Jobs;

namespace SPaR.Service.Webhooks;

public static class WebhookRegistration
{
    /// <summary>Adds what every process needs; options come from the section <c>Webhooks</c>.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<WebhookOptions>().Bind(configuration.GetSection(WebhookOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobDescriber, WebhookJobDescriber>());
        return services.AddEventsOptions(configuration);
    }

    /// <summary>Adds what sends events. Needs storage and jobs.</summary>
    public static IServiceCollection AddWebhookWorker(this IServiceCollection services, IConfiguration configuration) => services
        .AddWebhooks(configuration).AddRunSignals().AddSingleton<WebhookSender>().AddJobHandler<WebhookJob>(JobKinds.Webhook)
        .AddHostedService<WebhookScan>().AddHostedService<DeliverySweep>();
}
