using System.Text.Json.Nodes;

namespace SPaR.Training;

/// <summary>Reads what one training process adds to its metrics, from the start on and then only what is new. A line counts when its
/// end is there. A process that starts cuts off what came after its checkpoint, so each has a tail of its own.</summary>
internal sealed class MetricsTail(string path)
{
    private long _read;

    public string Path => path;

    public IReadOnlyList<JsonObject> Next()
    {
        if (!File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(_read, SeekOrigin.Begin);
        using var reader = new BinaryReader(file);
        var bytes = reader.ReadBytes(checked((int)(file.Length - _read)));
        var end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        _read += end;
        return [.. System.Text.Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!.AsObject())];
    }
}
