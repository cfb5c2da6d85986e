using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Service.Http;

/// <param name="Number">From 1; blank lines count.</param>
/// <param name="Json">Null if the line is longer than the limit.</param>
internal readonly record struct NdjsonLine(long Number, byte[]? Json)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <returns>Null if the line is too long or not JSON; an error is added.</returns>
    public JsonDocument? Parse(List<FieldError> errors)
    {
        var place = $"line {Number}";
        if (Json is null)
        {
            errors.Add(new(place, $"The line is longer than {NdjsonReader.LineLimit} bytes; shorten it."));
            return null;
        }

        try
        {
            return JsonDocument.Parse(Json, Strict);
        }
        catch (JsonException e)
        {
            errors.Add(new(place, $"Not valid JSON at byte {e.BytePositionInLine + 1}; put one whole JSON object on each line."));
            return null;
        }
    }
}

/// <summary>Splits a stream into lines and holds one of them at a time. Skips blank lines.</summary>
internal static class NdjsonReader
{
    /// <summary>The most bytes in one line; longer ones are skipped.</summary>
    public const int LineLimit = 1 << 20;

    public static async IAsyncEnumerable<NdjsonLine> ReadAsync(
        PipeReader pipe, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var number = 1L;
        var tooLong = false;
        while (true)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            try
            {
                while (TakeLine(ref buffer, out var line))
                {
                    if (ToLine(number++, line, tooLong) is { } full)
                        yield return full;
                    tooLong = false;
                }

                if (read.IsCompleted)
                {
                    if (ToLine(number, buffer, tooLong) is { } last)
                        yield return last;
                    yield break;
                }

                // An overlong line is dropped as it arrives, so memory stays bounded whatever is sent.
                tooLong |= buffer.Length > LineLimit;
            }
            finally
            {
                // Also when the caller stops early: the server can drain the rest of the body only if no read is open.
                pipe.AdvanceTo(tooLong || read.IsCompleted ? buffer.End : buffer.Start, buffer.End);
            }
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

    private static NdjsonLine? ToLine(long number, ReadOnlySequence<byte> line, bool tooLong)
    {
        if (tooLong || line.Length > LineLimit)
            return new(number, null);
        var bytes = line.ToArray();
        var text = number == 1 && bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        return text.AsSpan().IndexOfAnyExcept(" \t\r"u8) < 0 ? null : new(number, text);
    }
}
