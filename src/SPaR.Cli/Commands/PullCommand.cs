using System.CommandLine;
using System.Globalization;
using SPaR.Abstractions;
using SPaR.Cli.Client;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

/// <summary><c>spar pull</c>: a model's file from a service to this machine, whole and as it was registered.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model")
        {
            Description = "The id of a model or an adapter, its name, or its path in the models folder.",
        };
        var output = new Option<string?>("--output") { Description = "The file to write; by default under its own name in this folder." };
        var url = new Option<Uri?>("--url")
        {
            Description = "The service; the one that ./spar up starts where left out.",
            CustomParser = RunCommand.ReadUrl,
        };
        var command = new Command("pull", "Fetch a model's file from a service; goes on where it was cut, and checks the SHA-256.")
        {
            model, output, url,
        };
        command.SetAction((arguments, cancellationToken) =>
        {
            var terminal = Terminal.Open();
            return CommandEnd.OfAsync(
                terminal,
                () => RunAsync(
                    arguments.GetValue(url), arguments.GetRequiredValue(model), arguments.GetValue(output), terminal, cancellationToken),
                cancellationToken);
        });
        return command;
    }

    internal static async Task RunAsync(
        SparClient client, string asked, string? output, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var model = await FindAsync(client, asked, cancellationToken);
        var target = Path.GetFullPath(output ?? Path.GetFileName(model.Path!));
        if (Directory.Exists(target))
            target = Path.Combine(target, Path.GetFileName(model.Path!));
        if (await ModelDownload.HasAsync(target, model.Sha256, model.Bytes, cancellationToken))
        {
            terminal.Say($"{target} is there already, with the model's SHA-256.");
            return;
        }

        if (File.Exists(target))
            throw new CommandException($"{target} is another file. Name a new one with --output, or remove it.");
        try
        {
            await client.PullAsync(model, target, new Percent(terminal, model.Bytes), time, cancellationToken);
        }
        catch (ModelRejectedException e)
        {
            throw new CommandException(e.Message);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandException($"{e.Message} Name a file elsewhere with --output.");
        }

        terminal.Say($"{target}: {model.Name}, {model.Bytes} bytes, SHA-256 {model.Sha256}");
        if (model.Base is { } under)
            terminal.Say($"It is an adapter, of use on its base only: ./spar pull {under}");
    }

    private static async Task RunAsync(Uri? url, string model, string? output, Terminal terminal, CancellationToken cancellationToken)
    {
        using var http = ServiceKey.Connect(SparOptions.OfThisClone(), url);
        await RunAsync(new SparClient(http), model, output, terminal, TimeProvider.System, cancellationToken);
    }

    private static async Task<ModelView> FindAsync(SparClient client, string asked, CancellationToken cancellationToken)
    {
        if (asked.StartsWith("mdl_", StringComparison.Ordinal))
            return await client.GetModelAsync(asked, cancellationToken);
        var found = new List<ModelView>();
        await foreach (var model in client.ModelsAsync(cancellationToken))
            if (model.Name == asked || model.Path == asked)
                found.Add(model);
        return found.DistinctBy(m => (m.Path, m.Sha256)).ToList() switch
        {
            [var one] => one,
            [] => throw new CommandException($"The service has no model '{asked}'; {client.Service}v1/models lists those there are."),
            _ => throw new CommandException(
                $"'{asked}' is the name of several models; give one's id: {string.Join(", ", found.Select(m => $"{m.Id} ({m.Path})"))}."),
        };
    }

    /// <summary>A line for each tenth.</summary>
    private sealed class Percent(Terminal terminal, long bytes) : IProgress<long>
    {
        private long _shown = -1;

        public void Report(long value)
        {
            var tenth = bytes == 0 ? 10 : value * 10 / bytes;
            if (tenth == _shown)
                return;
            _shown = tenth;
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{value >> 20} of {bytes >> 20} MiB ({tenth * 10} %)"));
        }
    }
}
