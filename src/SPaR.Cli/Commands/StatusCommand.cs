using System.CommandLine;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar status</c>: whether the service runs, and what it works on.</summary>
internal static class StatusCommand
{
    private const int Newest = 50;

    private static readonly string[] Columns = ["id", "name", "status", "stage", "detail", "created_at"];

    public static Command Create() => ServiceCommand.Create(
        "status", "Show whether the service runs, and what it works on.", [],
        (_, session, cancellationToken) => RunAsync(session, cancellationToken));

    internal static async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        var client = session.Client;
        var ready = await client.GetReadyAsync(cancellationToken);
        var work = new List<object>();
        foreach (var resource in Resource.All.Where(r => r.Moves.Count > 0))
            work.AddRange(await resource.List(client, Newest, cancellationToken).Take(Newest)
                .Where(row => !new RunStatus($"{Session.Fields(row)["status"]}").HasEnded()).ToListAsync(cancellationToken));
        session.Show(new { url = client.Service, ready, work }, () => new Rows(
            new Text($"The service at {client.Service} is ready.{string.Concat(ready.Degraded.Select(what => $"\n{what}"))}"),
            work.Count == 0 ? new Text("Nothing is queued or running.") : JsonTable.Of(work, Columns),
            Text.Empty));
    }
}
