using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar status</c>: whether the service runs, and what it works on.</summary>
internal static class StatusCommand
{
    private static readonly string[] Columns = ["id", "name", "status", "stage", "detail", "created_at"];

    public static Command Create() => ServiceCommand.Create(
        "status", "Show whether the service runs, and what it works on.", [],
        (_, session, cancellationToken) => RunAsync(session, cancellationToken));

    internal static async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        var client = session.Client;
        var ready = await client.JsonAsync(HttpMethod.Get, "health/ready", cancellationToken);
        var work = new JsonArray();
        foreach (var resource in Resource.All.Where(r => r.Moves.Count > 0))
            await foreach (var row in client.PagesAsync(resource.Path, 50, cancellationToken).Take(50))
                if (row["status"]?.GetValue<string>() is not ("succeeded" or "failed" or "cancelled"))
                    work.Add(row.DeepClone());
        var failed = await client.JsonAsync(HttpMethod.Get, "v1/jobs/failed", cancellationToken);
        var status = new JsonObject
        {
            ["url"] = client.Service.ToString(),
            ["ready"] = ready,
            ["work"] = work,
            ["failed_jobs"] = failed["data"]?.DeepClone(),
        };
        session.Show(status, () => new Rows(
            new Text($"The service at {client.Service} is ready. {Failed(failed)}"),
            work.Count == 0 ? new Text("Nothing is queued or running.") : JsonTable.Of(work.Select(row => row!), Columns),
            Text.Empty));
    }

    private static string Failed(JsonNode failed) => failed["data"] is JsonArray { Count: > 0 and var count }
        ? $"{count} jobs failed; see GET /v1/jobs/failed."
        : "";
}
