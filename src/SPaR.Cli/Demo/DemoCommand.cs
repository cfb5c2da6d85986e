using System.CommandLine;
using System.Text.Json;
using SPaR.Cli.Commands;
using SPaR.Cli.Supervision;
using SPaR.Client;

namespace SPaR.Cli.Demo;

/// <summary><c>spar demo</c>: starts the service, runs the whole method on the tiny language, and stops the service.</summary>
internal static class DemoCommand
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var (options, read) = DemoOptions.Declare();
        var command = new Command("demo", "Improve a tiny real model by self-play: pairs, training and evaluation, round by round.");
        foreach (var option in options)
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) =>
        {
            var terminal = Terminal.Open();
            return CommandEnd.OfAsync(
                terminal,
                () => RunAsync(SparOptions.OfThisClone(), read(arguments), terminal, TimeProvider.System, cancellationToken),
                cancellationToken);
        });
        return command;
    }

    internal static async Task RunAsync(
        SparOptions spar, DemoOptions options, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        terminal.Say("Starting PostgreSQL, the API and a worker.");
        await using var service = await SparProcesses.StartAsync(spar, terminal.Say, cancellationToken);
        using var client = SparClient.Connect(new(service.Url), ServiceKey.Read(spar));
        var curves = Path.Combine(spar.Folder, "demo");
        var outcome = await new DemoJob(client, service.ModelsFolder, curves, terminal, time).RunAsync(options, cancellationToken);
        if (options.Json)
        {
            terminal.Out.Profile.Out.Writer.WriteLine(ToJson(outcome.Report));
            foreach (var path in outcome.Curves)
                terminal.Say($"plot: {path}");
        }
        else
        {
            terminal.Out.Write(DemoPage.Draw(outcome, client.Service, options.Keep));
        }

        if (!options.Keep)
            return;
        terminal.Say($"The service keeps running at {service.Url} until Ctrl-C.");
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    internal static string ToJson(DemoReport report) => JsonSerializer.Serialize(report, SnakeCase);
}
