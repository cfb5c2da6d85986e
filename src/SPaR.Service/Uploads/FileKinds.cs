using System.Text.Json;

namespace SPaR.Service.Uploads;

/// <summary>A kind of file. To add one, write a class and list it in <see cref="FileKinds.All"/>. Knows rows, not what their columns
/// mean.</summary>
internal interface IFileKind
{
    /// <summary>As in the answer to an upload.</summary>
    string Name { get; }

    /// <summary>Whether all cells are text, so that a column's type decides what they mean.</summary>
    bool HasTextCells => false;

    bool Recognises(FileStart start);

    /// <summary>Brings a file that cannot be read row by row into a form that can.</summary>
    /// <param name="limit">The most bytes of that form.</param>
    /// <returns>Null if it can be read as it is.</returns>
    /// <exception cref="UnreadableFileException">It cannot be read.</exception>
    Task<Stream?> ConvertAsync(Stream file, long limit, CancellationToken cancellationToken) => Task.FromResult<Stream?>(null);

    /// <param name="file">At its start; can be read again.</param>
    /// <exception cref="UnreadableFileException">No further row can be read.</exception>
    IAsyncEnumerable<FileRow> ReadAsync(Stream file, FileStart start, CancellationToken cancellationToken);
}

/// <summary>The kinds of files that are read, recognised by their content.</summary>
internal static class FileKinds
{
    /// <summary>The first one that recognises a file reads it.</summary>
    public static IReadOnlyList<IFileKind> All { get; } =
        [new ParquetFile(), new JsonListFile(), new JsonObjectFile(), new CsvFile(), new NdjsonFile()];

    private static readonly (byte[] Start, string What)[] Others =
    [
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive or a spreadsheet"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd"),
        ([0x42, 0x5A, 0x68], "compressed with bzip2"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "compressed with xz"),
        ([.. "ARROW1"u8], "an Arrow file"),
    ];

    /// <exception cref="UnreadableFileException">It is none of them.</exception>
    public static IFileKind Of(FileStart start)
    {
        foreach (var (magic, what) in Others)
            if (start.Bytes.Span.StartsWith(magic))
                throw new UnreadableFileException(
                    $"The file is {what}. Send NDJSON, JSON, CSV or Parquet, compressed with gzip or not at all.");
        var kind = All.First(kind => kind.Recognises(start));
        if (kind is not ParquetFile && Utf8Check.IsUtf16(start.Bytes.Span))
            throw new UnreadableFileException("The file is UTF-16 or UTF-32 from line 1 on; save it as UTF-8.");
        return kind;
    }
}

/// <summary>The first bytes of a file, by which its kind is recognised.</summary>
/// <param name="Bytes">At most <see cref="Length"/>.</param>
/// <param name="DeclaredJson">Whether the sender calls it JSON; decides only where the content does not.</param>
internal sealed record FileStart(ReadOnlyMemory<byte> Bytes, bool DeclaredJson)
{
    /// <summary>One row more than fits, so that a first row is always whole.</summary>
    public const int Length = FileRow.Limit + (1 << 16);

    /// <summary>What the object around the rows holds next to them; set when all rows were read.</summary>
    public JsonElement? Envelope { get; set; }

    /// <summary>The text without its byte order mark and leading white space.</summary>
    public ReadOnlySpan<byte> Text
    {
        get
        {
            var text = Bytes.Span.StartsWith("\uFEFF"u8) ? Bytes.Span[3..] : Bytes.Span;
            return text.TrimStart(" \t\r\n"u8);
        }
    }

    public static async Task<FileStart> OfAsync(Stream file, bool declaredJson, CancellationToken cancellationToken)
    {
        var bytes = new byte[Math.Min(Length, file.Length)];
        var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        file.Position = 0;
        return new(bytes.AsMemory(0, read), declaredJson);
    }
}
