using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace SPaR.Host;

/// <summary>Sends metrics to an OpenTelemetry collector, as OpenTelemetry's own environment variables say
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>_PROTOCOL</c>, <c>_HEADERS</c>, <c>OTEL_METRIC_EXPORT_INTERVAL</c>); without an endpoint nothing
/// is sent.</summary>
internal static class Telemetry
{
    public static readonly string[] Meters = ["SPaR.*", "Npgsql", "Microsoft.AspNetCore.Hosting", "System.Runtime"];

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    public static IServiceCollection AddSparTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (IsEnabled(configuration))
            services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(Meters).AddOtlpExporter());
        return services;
    }

    /// <summary>For a process without a host.</summary>
    /// <returns>Null if no endpoint is set.</returns>
    public static MeterProvider? ProviderIfEnabled(IConfiguration configuration) => IsEnabled(configuration) ? Provider() : null;

    /// <param name="configure">Options beyond the environment variables.</param>
    public static MeterProvider Provider(Action<OtlpExporterOptions>? configure = null) =>
        Sdk.CreateMeterProviderBuilder().AddMeter(Meters).AddOtlpExporter(configure ?? (_ => { })).Build();

    private static bool IsEnabled(IConfiguration configuration) =>
        !string.IsNullOrWhiteSpace(configuration[Endpoint]) || !string.IsNullOrWhiteSpace(configuration[MetricsEndpoint]);
}
