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
        var status = new JsonObject
        {
            ["url"] = client.Service.ToString(),
            ["ready"] = ready,
            ["work"] = work,
        };
        session.Show(status, () => new Rows(
            new Text($"The service at {client.Service} is ready.{Degraded(ready)}"),
            work.Count == 0 ? new Text("Nothing is queued or running.") : JsonTable.Of(work.Select(row => row!), Columns),
            Text.Empty));
    }

    private static string Degraded(JsonNode ready) =>
        string.Concat(ready["degraded"]!.AsArray().Select(what => $"\n{what!.GetValue<string>()}"));
}
