using System.CommandLine;
using System.Globalization;
using SPaR.Abstractions;
using SPaR.Client;

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
        return ServiceCommand.Create(
            "pull", "Download a model's file from a service, resume an interrupted download, and check the SHA-256.", [model, output],
            (arguments, session, cancellationToken) => RunAsync(
                session.Client, arguments.GetRequiredValue(model), arguments.GetValue(output), session.Terminal, cancellationToken),
            shows: false);
    }

    internal static async Task RunAsync(
        SparClient client, string wanted, string? output, Terminal terminal, CancellationToken cancellationToken)
    {
        var model = await ModelNames.FindAsync(client, wanted, cancellationToken);
        var target = Path.GetFullPath(output ?? Path.GetFileName(model.Path));
        if (Directory.Exists(target))
            target = Path.Combine(target, Path.GetFileName(model.Path));
        if (await ModelDownload.HasAsync(target, model.Sha256, model.Bytes, cancellationToken))
        {
            terminal.Say($"{target} is already there, with the model's SHA-256.");
            return;
        }

        if (File.Exists(target))
            throw new CommandException($"{target} exists and is a different file. Remove it, or name another with --output.");
        try
        {
            await client.DownloadModelAsync(model, target, new Percent(terminal, model.Bytes), cancellationToken);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandException($"{e.Message} Name another file with --output.");
        }

        terminal.Say($"{target}: {model.Name}, {model.Bytes} bytes, SHA-256 {model.Sha256}");
        if (model.Base is { } under)
            terminal.Say($"This is an adapter; it needs its base: ./spar pull {under}");
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
