using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary>LLaMA-Factory's <c>dataset_info.json</c>, without which it finds no exported file.</summary>
internal static class DatasetInfoFile
{
    private const string Name = "dataset_info.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Adds an exported file to the <c>dataset_info.json</c> beside it.</summary>
    public static async Task AddAsync(SparClient client, string run, FileInfo exported, CancellationToken cancellationToken)
    {
        var path = Path.Combine(exported.DirectoryName!, Name);
        var all = File.Exists(path) ? await ReadAsync(path, cancellationToken) : [];
        foreach (var (name, entry) in await client.GetDatasetInfoAsync(run, exported.Name, cancellationToken))
            all[name] = JsonSerializer.SerializeToNode(entry, SparJson.Options);
        await File.WriteAllTextAsync(path, all.ToJsonString(Indented), cancellationToken);
    }

    private static async Task<JsonObject> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(path, cancellationToken)) as JsonObject
                ?? throw new CommandException($"{path} is not a JSON object; move it away.");
        }
        catch (JsonException e)
        {
            throw new CommandException($"{path} is not JSON: {e.Message} Move it away.");
        }
    }
}
