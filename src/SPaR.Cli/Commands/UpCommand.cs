using System.CommandLine;
using System.Text.Json;
using SPaR.Cli.Postgres;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

/// <summary><c>spar up</c>: the service in the foreground, until Ctrl-C.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var logs = new Option<bool>("--logs") { Description = "Also print the service's log lines, which go to .spar/logs." };
        var folder = new Option<string>("--folder")
        {
            Description = "The folder for database, models and logs. Default: .spar in the clone.",
        };
        var open = new Option<bool>("--open")
        {
            Description = "Require no key; for development, on loopback only.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output when the service is ready." };
        var command = new Command("up", "Run PostgreSQL, the API and a worker in the foreground; Ctrl-C stops them.")
        {
            logs, folder, open, json,
        };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            arguments.GetValue(logs), arguments.GetValue(folder), arguments.GetValue(open), arguments.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool logs, string? folder, bool open, bool json, CancellationToken cancellationToken)
    {
        try
        {
            var options = SparOptions.OfThisClone() with { Echo = logs ? Console.Error.WriteLine : null, Open = open };
            if (folder is not null)
                options = options with { Folder = Path.GetFullPath(folder), ModelsFolder = null };
            await using var spar = await SparProcesses.StartAsync(options, Say, cancellationToken);
            if (json)
                Console.Out.WriteLine(JsonSerializer.Serialize(new
                {
                    url = spar.Url,
                    models = spar.ModelsFolder,
                    logs = Path.Combine(options.Folder, "logs"),
                    key_file = options.KeyFile,
                }));
            Say($"""
                SPaR is ready.{(open ? " It requires no key: everyone who reaches it may do everything." : "")}
                  API     {spar.Url}/v1
                  calls   curl -H "Authorization: Bearer $(cat '{options.KeyFile}')" {spar.Url}/v1/runs
                  login   {spar.Url}/login, with the key in {options.KeyFile}; ./spar keys creates more
                  Swagger {spar.Url}/swagger
                  models  {spar.ModelsFolder}
                  logs    {Path.Combine(options.Folder, "logs")}
                Ctrl-C stops it.
                """);
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Say("Stopping.");
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (Exception e) when (e is SupervisionException or PostgresUnavailableException)
        {
            Say(e.Message);
            return 1;
        }
    }

    private static void Say(string line) => Console.Error.WriteLine(line);
}
