using System.CommandLine;
using System.Diagnostics;
using SPaR.Cli.Postgres;
using SPaR.Cli.Processes;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

/// <summary><c>spar keys</c>: creates, lists and revokes keys on this clone's database. It needs neither the service nor a key: the
/// machine's owner always gets in. The host does the work; this command finds its database, or starts it for the moment.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var folder = new Option<string?>("--folder")
        {
            Description = "The folder given to ./spar up. Default: .spar in the clone.",
            Recursive = true,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON on standard output.", Recursive = true };
        return new("keys", "Create, list and revoke API keys; needs neither the service nor a key.")
        {
            folder, json, CreateKey(folder, json), ListKeys(folder, json), RevokeKey(folder, json),
        };
    }

    private static Command CreateKey(Option<string?> folder, Option<bool> json)
    {
        var name = new Option<string>("--name") { Description = "A name for the key, such as its user's.", Required = true };
        var scope = new Option<string>("--scope")
        {
            Description = "What the key permits; submit includes read, admin includes both.",
            Required = true,
        };
        scope.AcceptOnlyFromAmong("read", "submit", "admin");
        Option<string?>[] more =
        [
            new("--expires") { Description = "When the key expires: 30m, 12h, 90d. Default: never." },
            new("--requests-per-minute") { Description = "The key's request limit. Default: Keys:RequestsPerMinute." },
            new("--max-body") { Description = "The longest upload in bytes. Default: Keys:MaxBodyBytes." },
        ];
        var create = new Command("create", "Create a key and print it on standard output. It is shown only once.") { name, scope };
        foreach (var option in more)
            create.Options.Add(option);
        create.SetAction((arguments, cancellationToken) => InvokeAsync(
            arguments, folder, json,
            [
                "create", $"--name={arguments.GetRequiredValue(name)}", $"--scope={arguments.GetRequiredValue(scope)}",
                .. more.Where(o => arguments.GetValue(o) is not null).Select(o => $"{o.Name}={arguments.GetValue(o)}"),
            ],
            cancellationToken));
        return create;
    }

    private static Command ListKeys(Option<string?> folder, Option<bool> json)
    {
        var list = new Command("list", "List the keys with their state and last use.");
        list.SetAction((arguments, cancellationToken) => InvokeAsync(arguments, folder, json, ["list"], cancellationToken));
        return list;
    }

    private static Command RevokeKey(Option<string?> folder, Option<bool> json)
    {
        var id = new Argument<string>("id") { Description = "The key's id, key_…, as list shows it." };
        id.Validators.Add(result =>
        {
            if (!result.GetValueOrDefault<string>().StartsWith("key_", StringComparison.Ordinal))
                result.AddError("A key's id starts with key_; see ./spar keys list.");
        });
        var revoke = new Command("revoke", "Revoke a key and its logins, at once.") { id };
        revoke.SetAction((arguments, cancellationToken) => InvokeAsync(
            arguments, folder, json, ["revoke", arguments.GetRequiredValue(id)], cancellationToken));
        return revoke;
    }

    private static async Task<int> InvokeAsync(
        ParseResult arguments, Option<string?> folder, Option<bool> json, IEnumerable<string> words, CancellationToken cancellationToken)
    {
        var terminal = Terminal.Open();
        var code = CommandEnd.Success;
        IEnumerable<string> all = arguments.GetValue(json) ? [.. words, "--json=true"] : words;
        var ended = await CommandEnd.OfAsync(terminal, RunInCloneAsync, cancellationToken);
        return ended == CommandEnd.Success ? code : ended;

        async Task RunInCloneAsync()
        {
            var options = SparOptions.OfThisClone();
            if (arguments.GetValue(folder) is { } given)
                options = options with { Folder = Path.GetFullPath(given) };
            code = await RunAsync(options, all, terminal.Say, cancellationToken);
        }
    }

    /// <returns>The host's exit code; the host has printed the reason.</returns>
    internal static async Task<int> RunAsync(
        SparOptions options, IEnumerable<string> words, Action<string> say, CancellationToken cancellationToken)
    {
        if (options.ConnectionString is { } elsewhere)
            return await RunHostAsync(options, elsewhere, words, cancellationToken);
        // Started for the moment, or the running service's.
        await using var postgres = await EmbeddedPostgres.StartAsync(
            Path.Combine(options.Folder, "postgres"), options.Postgres, say, cancellationToken);
        return await RunHostAsync(options, postgres.ConnectionString, words, cancellationToken);
    }

    private static async Task<int> RunHostAsync(
        SparOptions options, string database, IEnumerable<string> words, CancellationToken cancellationToken)
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
