using System.CommandLine;

namespace SPaR.Cli.Commands;

/// <summary><c>spar export</c>: writes the pairs of a run into a file, in a trainer's format.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("run") { Description = "The run's id, run_…" };
        IdCompletion.Add(run, Resource.Runs);
        var (output, format) = (Output(), Format());
        var filter = new Option<bool>("--filter")
        {
            Description = "Leave out the pairs that the recipe's pair_filters leave out of trainings.",
        };
        return ServiceCommand.Create(
            "export", "Write the pairs of a run into a file.", [run, output, format, filter],
            async (arguments, session, cancellationToken) =>
            {
                var file = arguments.GetRequiredValue(output);
                await WriteAsync(
                    session, arguments.GetRequiredValue(run), arguments.GetRequiredValue(format), file, cancellationToken,
                    arguments.GetValue(filter));
                session.Report(new { file = file.FullName }, $"pairs in {file.FullName}");
            });
    }

    public static Option<FileInfo> Output() => new("--output")
    {
        Description = "The file to write the pairs to.",
        DefaultValueFactory = _ => new("preferences.jsonl"),
    };

    public static Option<string> Format() => new("--format")
    {
        Description = "The format of the pairs: trl, llamafactory, openai or spar.",
        DefaultValueFactory = _ => "trl",
    };

    /// <summary>The file appears under its name only when it is complete.</summary>
    internal static async Task WriteAsync(
        Session session, string run, string format, FileInfo output, CancellationToken cancellationToken, bool filter = false)
    {
        var part = output.FullName + ".part";
        await using (var pairs = await session.Client.DownloadPreferencesAsync(
            run, format: format, filter: filter ? true : null, cancellationToken: cancellationToken))
        await using (var file = File.Create(part))
            await pairs.Content.CopyToAsync(file, cancellationToken);
        File.Move(part, output.FullName, overwrite: true);
        if (format == "llamafactory")
            await DatasetInfoFile.AddAsync(session.Client, run, output, cancellationToken);
    }
}
