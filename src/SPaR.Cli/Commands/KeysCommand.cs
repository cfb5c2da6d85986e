using System.CommandLine;
using System.Diagnostics;
using SPaR.Cli.Postgres;
using SPaR.Cli.Processes;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

/// <summary><c>spar keys</c>: makes, lists and revokes keys on this clone's database, whether the service runs or not and without a key:
/// whoever owns the machine has the last word. The host does it; here its database is found, or started for the moment.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var folder = new Option<string?>("--folder")
        {
            Description = "As of ./spar up; .spar in the clone when left out.",
            Recursive = true,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON on standard output.", Recursive = true };
        return new("keys", "Make, list and revoke API keys; needs no service and no key.")
        {
            folder, json, Making(folder, json), Listing(folder, json), Revoking(folder, json),
        };
    }

    private static Command Making(Option<string?> folder, Option<bool> json)
    {
        var name = new Option<string>("--name") { Description = "Whose key it is.", Required = true };
        var scope = new Option<string>("--scope")
        {
            Description = "read, submit or admin; each includes those before it.",
            Required = true,
        };
        scope.AcceptOnlyFromAmong("read", "submit", "admin");
        Option<string?>[] more =
        [
            new("--expires") { Description = "After how long: 30m, 12h, 90d; never where left out." },
            new("--requests-per-minute") { Description = "How many it may send; the service's setting where left out." },
            new("--max-body") { Description = "The longest upload in bytes; the service's setting where left out." },
        ];
        var create = new Command("create", "Make a key. It alone goes to standard output, and nobody can read it again.") { name, scope };
        foreach (var option in more)
            create.Options.Add(option);
        create.SetAction((arguments, cancellationToken) => EndAsync(
            arguments, folder, json,
            [
                "create", $"--name={arguments.GetRequiredValue(name)}", $"--scope={arguments.GetRequiredValue(scope)}",
                .. more.Where(o => arguments.GetValue(o) is not null).Select(o => $"{o.Name}={arguments.GetValue(o)}"),
            ],
            cancellationToken));
        return create;
    }

    private static Command Listing(Option<string?> folder, Option<bool> json)
    {
        var list = new Command("list", "Show the keys that were made, with their last use.");
        list.SetAction((arguments, cancellationToken) => EndAsync(arguments, folder, json, ["list"], cancellationToken));
        return list;
    }

    private static Command Revoking(Option<string?> folder, Option<bool> json)
    {
        var id = new Argument<string>("id") { Description = "As list shows it: key_…" };
        id.Validators.Add(result =>
        {
            if (!result.GetValueOrDefault<string>().StartsWith("key_", StringComparison.Ordinal))
                result.AddError("The id of a key begins with key_; ./spar keys list shows them.");
        });
        var revoke = new Command("revoke", "End a key, and the logins with it, at once.") { id };
        revoke.SetAction((arguments, cancellationToken) => EndAsync(
            arguments,
            folder,
            json,
            ["revoke", arguments.GetRequiredValue(id)],
            cancellationToken));
        return revoke;
    }

    private static async Task<int> EndAsync(
        ParseResult arguments, Option<string?> folder, Option<bool> json, IEnumerable<string> words, CancellationToken cancellationToken)
    {
        var terminal = Terminal.Open();
        var code = CommandEnd.Success;
        var options = SparOptions.OfThisClone();
        if (arguments.GetValue(folder) is { } given)
            options = options with { Folder = Path.GetFullPath(given) };
        IEnumerable<string> all = arguments.GetValue(json) ? [.. words, "--json=true"] : words;
        var ended = await CommandEnd.OfAsync(
            terminal,
            async () => code = await RunAsync(options, all, terminal.Say, cancellationToken),
            cancellationToken);
        return ended == CommandEnd.Success ? code : ended;
    }

    /// <returns>What the host ended with; it has said why.</returns>
    internal static async Task<int> RunAsync(
        SparOptions options,
        IEnumerable<string> words,
        Action<string> say,
        CancellationToken cancellationToken)
    {
        if (options.ConnectionString is { } elsewhere)
            return await AskAsync(options, elsewhere, words, cancellationToken);
        // Ours for the moment, or that of the service that runs.
        await using var postgres = await EmbeddedPostgres.StartAsync(
            Path.Combine(options.Folder, "postgres"),
            options.Postgres,
            say,
            cancellationToken);
        return await AskAsync(options, postgres.ConnectionString, words, cancellationToken);
    }

    private static async Task<int> AskAsync(
        SparOptions options,
        string database,
        IEnumerable<string> words,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(options.Host[0], [.. options.Host.Skip(1), "--role", "keys", .. words]);
        start.Environment["ConnectionStrings__Spar"] = database;
        using var host = Process.Start(start)!;
        try
        {
            await host.WaitForExitAsync(cancellationToken);
            return host.ExitCode;
        }
        finally
        {
            await Signals.StopAsync(host, options.Grace);
        }
    }
}
