using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>Comma-separated values (RFC 4180) with a header; also separated by tabs or semicolons. Quoted fields may hold line breaks. A
/// column without a name, which pandas writes for its index, is left out.</summary>
internal sealed class CsvFile : IFileKind
{
    private const int MostColumns = 1000;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Name => "csv";

    public bool HasTextCells => true;

    /// <summary>Text that does not begin like JSON. Where the sender calls it JSON, its first line must also look like a header.</summary>
    public bool Recognises(FileStart start) => start.Text is not ([] or [(byte)'{', ..])
        && (!start.DeclaredJson || FirstLine(start).IndexOfAny(",\t;"u8) >= 0 || FirstLine(start).IndexOf((byte)' ') < 0);

    public async IAsyncEnumerable<FileRow> ReadAsync(
        Stream file, FileStart start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Utf8Check.CheckAsync(file, cancellationToken);
        using var text = new StreamReader(file, Strict, leaveOpen: true);
        using var bounded = new BoundedRecordReader(text);
        using var csv = new CsvParser(bounded, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = Delimiter(start),
            // Told by the number of fields, with the line.
            BadDataFound = null,
        });
        if (!await csv.ReadAsync())
            yield break;
        var header = Header(csv.Record!);
        while (true)
        {
            bounded.StartRecord();
            if (!await csv.ReadAsync())
                yield break;
            // The line that the record starts on.
            var place = Place.Line(csv.RawRow - csv.RawRecord.AsSpan().TrimEnd("\r\n").Count('\n'));
            yield return csv.Count == header.Length
                ? FileRow.Of(place, Object(header, csv.Record!))
                : FileRow.Wrong(place, $"has {csv.Count} fields and the header has {header.Length}; quote a field that holds a delimiter.");
        }
    }

    private static ReadOnlySpan<byte> FirstLine(FileStart start) =>
        start.Text.IndexOfAny("\r\n"u8) is var end and >= 0 ? start.Text[..end] : start.Text;

    private static string Delimiter(FileStart start)
    {
        var line = FirstLine(start);
        var (commas, tabs, semicolons) = (line.Count((byte)','), line.Count((byte)'\t'), line.Count((byte)';'));
        return tabs > commas && tabs >= semicolons ? "\t" : semicolons > commas ? ";" : ",";
    }

    private static string[] Header(string[] names)
    {
        if (names.Length > MostColumns)
            throw new UnreadableFileException($"The file was read as CSV, with {names.Length} columns; send at most {MostColumns}.");
        string[] header = [.. names.Select(name => name.Trim())];
        return header.Where(name => name.Length > 0).GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? throw new UnreadableFileException($"The file was read as CSV, whose header has the column '{twice.Key}' twice; rename one.")
            : header;
    }

    private static byte[] Object(string[] header, string[] cells)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach (var (name, cell) in header.Zip(cells).Where(column => column.First.Length > 0))
                writer.WriteString(name, cell);
            writer.WriteEndObject();
        }

        return json.ToArray();
    }

    /// <summary>Refuses a record of unbounded length, which a quote without its end makes of the rest of the file.</summary>
    private sealed class BoundedRecordReader(TextReader text) : TextReader
    {
        private long _left = FileRow.Limit;

        public void StartRecord() => _left = FileRow.Limit;

        public override int Read(char[] buffer, int index, int count) => Count(text.Read(buffer, index, count));

        public override async Task<int> ReadAsync(char[] buffer, int index, int count) => Count(await text.ReadAsync(buffer, index, count));

        public override async ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default) =>
            Count(await text.ReadAsync(buffer, cancellationToken));

        private int Count(int read) => (_left -= read) >= 0
            ? read
            : throw new UnreadableFileException(
                $"The file was read as CSV, and has a record of more than {FileRow.Limit} characters; a quote may lack its end.");
    }
}
