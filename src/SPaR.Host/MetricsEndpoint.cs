using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using SPaR.Service.Keys;
using SPaR.Service.Metrics;

namespace SPaR.Host;

/// <summary>The metrics of this process and the counts from the database, for Prometheus to scrape. Workers have no HTTP and send theirs by
/// OTLP (<see cref="Telemetry"/>).</summary>
internal static class MetricsEndpoint
{
    public static IServiceCollection AddSparMetrics(this IServiceCollection services)
    {
        services.AddSingleton<DatabaseMeter>();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(Telemetry.Meters).AddPrometheusExporter(options =>
        {
            // Otherwise the meter's name and the process are labels of every series.
            options.ScopeInfoEnabled = false;
            options.TargetInfoEnabled = false;
        }));
        return services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            provider.GetRequiredService<DatabaseMeter>();
            // Meters are global to the process. A host exports its own and those that belong to no host.
            var own = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument =>
                instrument.Meter.Scope is IMeterFactory factory && factory != own ? MetricStreamConfiguration.Drop : null);
        });
    }

    public static void MapMetrics(this WebApplication app) => app.MapPrometheusScrapingEndpoint("/metrics")
        .WithMetadata(new HttpMethodMetadata([HttpMethods.Get])).RequireScope(Scope.Read).ExcludeFromDescription();
}
