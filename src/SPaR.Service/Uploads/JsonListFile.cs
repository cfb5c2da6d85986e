using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SPaR.Service.Uploads;

/// <summary>One JSON list of objects.</summary>
internal sealed class JsonListFile : IFileKind
{
    public string Name => "json";

    public bool Recognises(FileStart start) => start.Text is [(byte)'[', ..];

    public IAsyncEnumerable<FileRow> ReadAsync(Stream file, FileStart start, CancellationToken cancellationToken) =>
        ReadAsync(file, new JsonListSplitter(""), "", cancellationToken);

    /// <summary>Reads the elements of the list that starts at the file's position.</summary>
    public static async IAsyncEnumerable<FileRow> ReadAsync(
        Stream file, JsonListSplitter splitter, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var block = new byte[1 << 16];
        while (await file.ReadAsync(block, cancellationToken) is var read and > 0)
            foreach (var row in splitter.Split(block.AsMemory(0, read)))
                yield return row;
        splitter.Complete();
    }
}

/// <summary>One JSON object with a list of rows, such as <c>{"name": …, "instructions": […]}</c>. Its other properties are the
/// envelope.</summary>
internal sealed class JsonObjectFile : IFileKind
{
    private static readonly string[] Lists = ["instructions", "data", "rows", "items", "examples"];

    public string Name => "json";

    public bool Recognises(FileStart start) => ListIn(start) is not null;

    public async IAsyncEnumerable<FileRow> ReadAsync(
        Stream file, FileStart start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (name, offset) = ListIn(start)!.Value;
        file.Position = offset;
        var splitter = new JsonListSplitter(name) { Head = start.Bytes[..offset] };
        await foreach (var row in JsonListFile.ReadAsync(file, splitter, name, cancellationToken))
            yield return row;
        start.Envelope = splitter.Envelope();
    }

    /// <returns>The name and the position of the first list of objects that may hold rows.</returns>
    private static (string Name, int Offset)? ListIn(FileStart start)
    {
        if (start.Text is not [(byte)'{', ..] || IsFirstOfLines(start.Text))
            return null;
        var skipped = start.Bytes.Length - start.Text.Length;
        var reader = new Utf8JsonReader(start.Text, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is not JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                var name = reader.GetString()!;
                if (Lists.Contains(name) && reader.Read() && reader.TokenType is JsonTokenType.StartArray)
                    return (name, skipped + (int)reader.TokenStartIndex);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or not Unicode, up to a list: then it is read line by line, which says where the error is.
            return null;
        }

        return null;
    }

    /// <summary>Whether the first line is a whole object and another line follows: then every line is a row.</summary>
    private static bool IsFirstOfLines(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        return end > 0 && text[..end].TrimEnd(" \t\r"u8) is [.., (byte)'}'] && text[end..].Trim(" \t\r\n"u8) is [(byte)'{', ..];
    }
}
