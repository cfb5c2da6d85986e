using System.CommandLine;
using System.Globalization;
using SPaR.Abstractions;
using SPaR.Cli.Client;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

/// <summary><c>spar pull</c>: downloads a model's file from a service, complete and with the registered SHA-256.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model")
        {
            Description = "A model or adapter: its id, name, or path in the models folder.",
        };
        var output = new Option<string?>("--output") { Description = "The file to write. Default: the model's file name, in this folder." };
        var url = new Option<Uri?>("--url")
        {
            Description = "The service's address. Default: the service of this clone.",
            CustomParser = RunCommand.ReadUrl,
        };
        var command = new Command("pull", "Download a model's file from a service, resume an interrupted download, and check the SHA-256.")
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
        SparClient client, string wanted, string? output, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var model = await FindAsync(client, wanted, cancellationToken);
        var target = Path.GetFullPath(output ?? Path.GetFileName(model.Path!));
        if (Directory.Exists(target))
            target = Path.Combine(target, Path.GetFileName(model.Path!));
        if (await ModelDownload.HasAsync(target, model.Sha256, model.Bytes, cancellationToken))
        {
            terminal.Say($"{target} is already there, with the model's SHA-256.");
            return;
        }

        if (File.Exists(target))
            throw new CommandException($"{target} exists and is a different file. Remove it, or name another with --output.");
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
            throw new CommandException($"{e.Message} Name another file with --output.");
        }

        terminal.Say($"{target}: {model.Name}, {model.Bytes} bytes, SHA-256 {model.Sha256}");
        if (model.Base is { } under)
            terminal.Say($"This is an adapter; it needs its base: ./spar pull {under}");
    }

    private static async Task RunAsync(Uri? url, string model, string? output, Terminal terminal, CancellationToken cancellationToken)
    {
        using var http = ServiceKey.Connect(SparOptions.OfThisClone(), url);
        await RunAsync(new SparClient(http), model, output, terminal, TimeProvider.System, cancellationToken);
    }

    private static async Task<ModelView> FindAsync(SparClient client, string wanted, CancellationToken cancellationToken)
    {
        if (wanted.StartsWith("mdl_", StringComparison.Ordinal))
            return await client.GetModelAsync(wanted, cancellationToken);
        var found = new List<ModelView>();
        await foreach (var model in client.ModelsAsync(cancellationToken))
            if (model.Name == wanted || model.Path == wanted)
                found.Add(model);
        return found.DistinctBy(m => (m.Path, m.Sha256)).ToList() switch
        {
            [var one] => one,
            [] => throw new CommandException($"The service has no model '{wanted}'; see {client.Service}v1/models."),
            _ => throw new CommandException(
                $"Several models are called '{wanted}'; use an id: {string.Join(", ", found.Select(m => $"{m.Id} ({m.Path})"))}."),
        };
    }

    /// <summary>Prints a line for each tenth.</summary>
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
