using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using SPaR.Service.Keys;
using SPaR.Service.Metrics;

namespace SPaR.Host;

/// <summary>What this process measures, and what the database counts, for Prometheus to scrape. Workers have no HTTP: their metrics go
/// out by OTLP (<see cref="Telemetry"/>).</summary>
internal static class MetricsEndpoint
{
    public static IServiceCollection AddSparMetrics(this IServiceCollection services)
    {
        services.AddSingleton<DatabaseMeter>();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(Telemetry.Meters).AddPrometheusExporter(options =>
        {
            // The meter's name and the process would be labels of every series.
            options.ScopeInfoEnabled = false;
            options.TargetInfoEnabled = false;
        }));
        return services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            provider.GetRequiredService<DatabaseMeter>();
            // Meters are the process's. A host shows its own, and those that belong to none.
            var own = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument =>
                instrument.Meter.Scope is IMeterFactory factory && factory != own ? MetricStreamConfiguration.Drop : null);
        });
    }

    public static void MapMetrics(this WebApplication app) => app.MapPrometheusScrapingEndpoint("/metrics")
        .WithMetadata(new HttpMethodMetadata([HttpMethods.Get])).RequireScope(Scope.Read).ExcludeFromDescription();
}
