using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>One JSON object per line. Holds one line at a time, and skips blank ones.</summary>
internal sealed class NdjsonFile : IFileKind
{
    public string Name => "ndjson";

    /// <summary>Whatever no other kind has recognised: a line that is not JSON is an error by its number.</summary>
    public bool Recognises(FileStart start) => true;

    public IAsyncEnumerable<FileRow> ReadAsync(Stream file, FileStart start, CancellationToken cancellationToken) =>
        ReadAsync(file, Place.Line, cancellationToken);

    /// <param name="place">Names a line by its number, from 1; blank lines count.</param>
    public static async IAsyncEnumerable<FileRow> ReadAsync(
        Stream file, Func<long, Place> place, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 1 << 16, leaveOpen: true));
        var number = 1L;
        var tooLong = false;
        while (true)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (TakeLine(ref buffer, out var line))
            {
                if (ToRow(place(number), number, line, tooLong) is { } full)
                    yield return full;
                number++;
                tooLong = false;
            }

            if (read.IsCompleted)
            {
                if (ToRow(place(number), number, buffer, tooLong) is { } last)
                    yield return last;
                yield break;
            }

            // An overlong line is dropped as it arrives, so memory stays bounded whatever is sent.
            tooLong |= buffer.Length > FileRow.Limit;
            pipe.AdvanceTo(tooLong ? buffer.End : buffer.Start, buffer.End);
        }
    }

    private static bool TakeLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            line = default;
            return false;
        }

        line = buffer.Slice(0, end);
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        return true;
    }

    /// <returns>Null for a blank line.</returns>
    private static FileRow? ToRow(Place place, long number, ReadOnlySequence<byte> line, bool tooLong)
    {
        if (tooLong || line.Length > FileRow.Limit)
            return FileRow.TooLong(place);
        var bytes = line.ToArray();
        var text = number == 1 && bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
        return text.IndexOfAnyExcept(" \t\r"u8) < 0 ? null : FileRow.Of(place, text);
    }
}
