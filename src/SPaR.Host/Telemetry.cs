using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace SPaR.Host;

/// <summary>Sends metrics to an OpenTelemetry collector. Where and how is said in the environment, by OpenTelemetry's own names
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>_PROTOCOL</c>, <c>_HEADERS</c>, <c>OTEL_METRIC_EXPORT_INTERVAL</c>); without an endpoint nothing
/// is sent.</summary>
internal static class Telemetry
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    private static readonly string[] Meters = ["SPaR.*", "Npgsql", "Microsoft.AspNetCore.Hosting", "System.Runtime"];

    /// <param name="meter">A meter's name.</param>
    public static bool IsOurs(string meter) =>
        Meters.Any(name => name.EndsWith('*') ? meter.StartsWith(name[..^1], StringComparison.Ordinal) : meter == name);

    public static IServiceCollection AddSparTelemetry(this IServiceCollection services, IConfiguration configuration) =>
        IsAsked(configuration) ? services.AddHostedService<Sender>() : services;

    /// <summary>For a process that is no service.</summary>
    public static MeterProvider? ProviderIfAsked(IConfiguration configuration) => IsAsked(configuration) ? Provider() : null;

    /// <param name="differs">What the environment does not say.</param>
    public static MeterProvider Provider(Action<OtlpExporterOptions>? differs = null) =>
        Sdk.CreateMeterProviderBuilder().AddMeter(Meters).AddOtlpExporter(differs ?? (_ => { })).Build();

    private static bool IsAsked(IConfiguration configuration) =>
        !string.IsNullOrWhiteSpace(configuration[Endpoint]) || !string.IsNullOrWhiteSpace(configuration[MetricsEndpoint]);

    /// <summary>Sends from start to stop, and once more when it stops.</summary>
    private sealed class Sender : IHostedService, IDisposable
    {
        private MeterProvider? _provider;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _provider = Provider();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Dispose();
            return Task.CompletedTask;
        }

        public void Dispose() => Interlocked.Exchange(ref _provider, null)?.Dispose();
    }
}
