using System.Text;
using System.Text.Json.Nodes;

namespace SPaR.Service.Trainings;

/// <summary>Reads the metrics of a training process, first all and then only what is new. A line counts once its end is written. A
/// restarted process truncates the file to its checkpoint; then all is read again.</summary>
internal sealed class MetricsTail(string path)
{
    private long _read;

    /// <summary>The last line that was read. It has a step and its speed, so no other line is the same.</summary>
    private byte[] _last = [];

    public IReadOnlyList<JsonObject> Next()
    {
        if (!File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (!StillHasLast(file))
            (_read, _last) = (0, []);
        file.Seek(_read, SeekOrigin.Begin);
        using var reader = new BinaryReader(file);
        var bytes = reader.ReadBytes(checked((int)(file.Length - _read)));
        var end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        if (end == 0)
            return [];
        _read += end;
        _last = bytes[(bytes.AsSpan(0, end - 1).LastIndexOf((byte)'\n') + 1)..end];
        return [.. Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!.AsObject())];
    }

    private bool StillHasLast(FileStream file)
    {
        if (file.Length < _read)
            return false;
        file.Seek(_read - _last.Length, SeekOrigin.Begin);
        var now = new byte[_last.Length];
        file.ReadExactly(now);
        return now.AsSpan().SequenceEqual(_last);
    }
}
