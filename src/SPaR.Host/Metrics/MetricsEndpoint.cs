using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Http;
using SPaR.Keys;

namespace SPaR.Host.Metrics;

/// <summary>What this process measures, and what the database counts, for Prometheus to fetch. Workers have no HTTP: theirs goes by
/// OTLP (<see cref="Telemetry"/>).</summary>
internal static class MetricsEndpoint
{
    public static IServiceCollection AddSparMetrics(this IServiceCollection services) =>
        services.AddSingleton<OperatorFigures>().AddSingleton(_ => new MeterBook(Telemetry.IsOurs));

    public static void MapMetrics(this WebApplication app)
    {
        // Measures from now on, not from the first question on.
        app.Services.GetRequiredService<MeterBook>();
        app.MapGet("/metrics", ShowAsync).RequireScope(Scope.Read).ExcludeFromDescription();
    }

    private static async Task<ContentHttpResult> ShowAsync(MeterBook meters, OperatorFigures figures, CancellationToken stop)
    {
        var text = new StringBuilder();
        foreach (var family in (await figures.ReadAsync(stop)).GroupBy(f => (f.Name, f.Help)))
        {
            TextFormat.Head(text, family.Key.Name, family.Key.Help, "gauge");
            foreach (var figure in family)
            {
                var label = figure.Label is null ? "" : $"{figure.Label}=\"{TextFormat.Escape(figure.LabelValue!)}\"";
                TextFormat.Sample(text, figure.Name, label, figure.Value);
            }
        }

        meters.Write(text);
        return TypedResults.Text(text.ToString(), TextFormat.ContentType);
    }
}
