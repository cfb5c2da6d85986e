using System.CommandLine;
using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary><c>spar jobs</c>: the jobs that were given up, and another try for what each was for. What waits and runs is in
/// <c>spar status</c>.</summary>
internal static class JobCommands
{
    private static readonly string[] Columns = ["key", "kind", "title", "stage", "progress", "code", "attempts", "failed_at"];

    public static Command Create() => new("jobs", "List the jobs that were given up, show why, and retry what they were for.")
    {
        ServiceCommand.Create(
            "list", "List the jobs that were given up.", [], (_, session, cancellationToken) => ListAsync(session, cancellationToken)),
        Show(), Retry(),
    };

    internal static async Task ListAsync(Session session, CancellationToken cancellationToken)
    {
        var jobs = await AllAsync(session.Client, cancellationToken).ToListAsync(cancellationToken);
        session.Show(jobs, () => JsonTable.Of(jobs, Columns));
    }

    /// <exception cref="CommandException">No job for it was given up.</exception>
    internal static async Task ShowAsync(Session session, string key, CancellationToken cancellationToken)
    {
        var job = await AllAsync(session.Client, cancellationToken).FirstOrDefaultAsync(job => job.Key == key, cancellationToken)
            ?? throw new CommandException($"No job for {key} was given up; ./spar jobs list shows those that were.");
        session.Show(job, () => JsonTable.OfFields(job));
    }

    /// <summary>Retries what the job was for; the job leaves the list when that succeeds.</summary>
    internal static async Task RetryAsync(Session session, string key, CancellationToken cancellationToken)
    {
        var retry = Resource.Of(key).Moves.FirstOrDefault(move => move.Name == "retry").Move
            ?? throw new CommandException($"{key} is nothing that can be retried.");
        var retried = await retry(session.Client, key, cancellationToken);
        session.Report(retried, $"{key} is {Session.Fields(retried)["status"]}");
    }

    private static IAsyncEnumerable<FailedJob> AllAsync(SparClient client, CancellationToken cancellationToken) =>
        client.EnumerateFailedJobsAsync(limit: 200, cancellationToken: cancellationToken);

    private static Command Show()
    {
        var key = Key();
        return ServiceCommand.Create(
            "show", "Show why a job was given up.", [key],
            (arguments, session, cancellationToken) => ShowAsync(session, arguments.GetRequiredValue(key), cancellationToken));
    }

    private static Command Retry()
    {
        var key = Key();
        return ServiceCommand.Create(
            "retry", "Retry what a job was for.", [key],
            (arguments, session, cancellationToken) => RetryAsync(session, arguments.GetRequiredValue(key), cancellationToken));
    }

    private static Argument<string> Key() => new("key") { Description = "What the job was for: run_…, trn_…, evl_… or cnv_…" };
}
