using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SPaR.Abstractions;

namespace SPaR.Host;

/// <summary>Sends metrics, traces and logs to an OpenTelemetry collector, as OpenTelemetry's own environment variables say
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>_PROTOCOL</c>, <c>_HEADERS</c>, <c>OTEL_METRIC_EXPORT_INTERVAL</c>,
/// <c>OTEL_TRACES_SAMPLER</c>); without an endpoint nothing is sent, and no span is made.</summary>
internal static class Telemetry
{
    public static readonly string[] Meters = ["SPaR.*", "Npgsql", "Microsoft.AspNetCore.Hosting", "System.Runtime"];

    private static readonly string[] Spans = ["SPaR.*", "Npgsql"];

    private const string Prefix = "OTEL_EXPORTER_OTLP_", Endpoint = "ENDPOINT";

    /// <summary>OpenTelemetry's name for the setting that puts prompts and answers into spans.</summary>
    private const string Content = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

    public static IServiceCollection AddSparTelemetry(this IServiceCollection services, IConfiguration configuration, Role role)
    {
        services.Configure<JsonConsoleFormatterOptions>(json => json.IncludeScopes = true);
        if (IsEnabled(configuration, "METRICS"))
            For(services, configuration, role).WithMetrics(metrics => metrics.AddMeter(Meters).AddOtlpExporter());
        if (IsEnabled(configuration, "TRACES"))
        {
            AppContext.SetSwitch(GenerationTrace.ContentSwitch, configuration.GetValue<bool>(Content));
            For(services, configuration, role).WithTracing(traces => traces.AddSource(Spans).AddAspNetCoreInstrumentation(
                // Health checks and scrapes come every few seconds.
                http => http.Filter = context => !context.Request.Path.StartsWithSegments("/health")
                    && !context.Request.Path.StartsWithSegments("/metrics")).AddOtlpExporter());
        }

        if (IsEnabled(configuration, "LOGS"))
            For(services, configuration, role).WithLogging(logs => logs.AddOtlpExporter(), lines =>
            {
                lines.IncludeScopes = true;
                lines.IncludeFormattedMessage = true;
            });
        return services;
    }

    /// <summary>For a process without a host.</summary>
    /// <returns>Null if no endpoint is set.</returns>
    public static MeterProvider? ProviderIfEnabled(IConfiguration configuration) =>
        IsEnabled(configuration, "METRICS") ? Provider() : null;

    /// <param name="configure">Options beyond the environment variables.</param>
    public static MeterProvider Provider(Action<OtlpExporterOptions>? configure = null) =>
        Sdk.CreateMeterProviderBuilder().AddMeter(Meters).AddOtlpExporter(configure ?? (_ => { })).Build();

    private static OpenTelemetryBuilder For(IServiceCollection services, IConfiguration configuration, Role role) =>
        services.AddOpenTelemetry().ConfigureResource(resource =>
        {
            if (string.IsNullOrWhiteSpace(configuration["OTEL_SERVICE_NAME"]))
                resource.AddService($"spar-{role.ToString().ToLowerInvariant()}");
        });

    /// <param name="signal">Has an endpoint of its own, or the one for all.</param>
    private static bool IsEnabled(IConfiguration configuration, string signal) =>
        !string.IsNullOrWhiteSpace(configuration[Prefix + Endpoint])
        || !string.IsNullOrWhiteSpace(configuration[$"{Prefix}{signal}_{Endpoint}"]);
}
