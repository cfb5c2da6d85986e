using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Abstractions;
using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary><c>spar datasets freeze</c> and <c>download</c>: makes datasets of the pairs of runs, and fetches them.</summary>
internal static class DatasetCommands
{
    public static Command Create()
    {
        var group = ResourceCommands.Create(Resource.Datasets);
        group.Description = "List, show, make, download and delete datasets.";
        group.Add(Freeze());
        group.Add(Download());
        return group;
    }

    internal static async Task FreezeAsync(
        Session session, string name, IReadOnlyList<string> runs, string? filters, CancellationToken cancellationToken)
    {
        var made = await session.Client.FreezeDatasetAsync(
            new()
            {
                Name = name,
                Runs = runs,
                AdditionalFields = JsonFile.Field("filters", filters is null ? null : JsonNode.Parse(filters)),
            },
            cancellationToken: cancellationToken);
        session.Show(made, () => JsonTable.OfFields(made));
    }

    internal static async Task DownloadAsync(
        Session session, string id, string format, string kind, string? output, CancellationToken cancellationToken)
    {
        var target = Path.GetFullPath(output ?? $"{id}-{format}.{kind}");
        string sha256;
        long bytes;
        await using (var file = await session.Client.GetDatasetFileAsync(id, format, kind, cancellationToken))
            (sha256, bytes) = (file.ETag!.Trim('"'), file.Length!.Value);
        if (File.Exists(target) && !await ModelDownload.HasAsync(target, sha256, bytes, cancellationToken))
            throw new CommandException($"{target} exists and is a different file. Remove it, or name another with --output.");
        await session.Client.DownloadDatasetAsync(id, target, format, kind, cancellationToken: cancellationToken);
        session.Report(new { file = target, bytes, sha256 }, $"{target}: {bytes} bytes, SHA-256 {sha256}");
    }

    private static Command Freeze()
    {
        var name = new Argument<string>("name") { Description = "The dataset's name; one that exists gets its next version." };
        var runs = new Argument<string[]>("runs") { Description = "Ids of runs, run_…", Arity = ArgumentArity.OneOrMore };
        var filters = new Option<string?>("--filters")
        {
            Description = "Which pairs are left out, as JSON: '{ \"min_similarity\": 0.3, \"human\": \"not-rejected\" }'.",
        };
        filters.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !IsObject(text))
                result.AddError("--filters must be a JSON object, such as '{ \"min_value\": 0.8 }'.");
        });
        return ServiceCommand.Create(
            "freeze", "Make a dataset of the pairs of runs.", [name, runs, filters],
            (arguments, session, cancellationToken) => FreezeAsync(
                session, arguments.GetRequiredValue(name), arguments.GetRequiredValue(runs), arguments.GetValue(filters),
                cancellationToken));
    }

    private static bool IsObject(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Command Download()
    {
        var id = new Argument<string>("id") { Description = "The dataset's id, ds_…" };
        IdCompletion.Add(id, Resource.Datasets);
        var format = new Option<string>("--format")
        {
            Description = "spar, trl, trl-standard, llamafactory or openai.",
            DefaultValueFactory = _ => "spar",
        };
        var kind = new Option<string>("--as") { Description = "jsonl, jsonl.gz, parquet or zip.", DefaultValueFactory = _ => "jsonl" };
        var output = new Option<string?>("--output") { Description = "The file to write. Default: named after all this, in this folder." };
        return ServiceCommand.Create(
            "download", "Download a dataset as a file, resume an interrupted download, and check the SHA-256.", [id, format, kind, output],
            (arguments, session, cancellationToken) => DownloadAsync(
                session, arguments.GetRequiredValue(id), arguments.GetRequiredValue(format), arguments.GetRequiredValue(kind),
                arguments.GetValue(output), cancellationToken));
    }
}
