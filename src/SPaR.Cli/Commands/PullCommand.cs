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
                session, arguments.GetRequiredValue(model), arguments.GetValue(output), cancellationToken));
    }

    internal static async Task RunAsync(Session session, string wanted, string? output, CancellationToken cancellationToken)
    {
        var (client, terminal) = (session.Client, session.Terminal);
        var model = await ModelNames.FindAsync(client, wanted, cancellationToken);
        var target = Path.GetFullPath(output ?? Path.GetFileName(model.Path));
        if (Directory.Exists(target))
            target = Path.Combine(target, Path.GetFileName(model.Path));
        if (await ModelDownload.HasAsync(target, model.Sha256, model.Bytes, cancellationToken))
        {
            session.Report(Pulled(model, target), $"{target} is already there, with the model's SHA-256.");
            return;
        }

        if (File.Exists(target))
            throw new CommandException($"{target} exists and is a different file. Remove it, or name another with --output.");
        try
        {
            await ProgressLine.RunAsync(
                terminal, model.Bytes, done => string.Create(CultureInfo.InvariantCulture, $"{done >> 20} of {model.Bytes >> 20} MiB"),
                progress => client.DownloadModelAsync(model, target, progress, cancellationToken));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandException($"{e.Message} Name another file with --output.");
        }

        session.Report(Pulled(model, target), $"{target}: {model.Name}, {model.Bytes} bytes, SHA-256 {model.Sha256}");
        if (model.Base is { } under)
            terminal.Say($"This is an adapter; it needs its base: ./spar pull {under}");
    }

    private static object Pulled(Model model, string target) => new { file = target, model.Id, model.Bytes, model.Sha256, model.Base };
}
