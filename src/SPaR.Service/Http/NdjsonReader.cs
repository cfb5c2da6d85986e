using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Service.Http;

/// <param name="Number">From 1, blank lines counted.</param>
/// <param name="Json">Null where the line is longer than the limit.</param>
internal readonly record struct NdjsonLine(long Number, byte[]? Json)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <returns>Null, with one more error, where it is no JSON or too long.</returns>
    public JsonDocument? Parse(List<FieldError> errors)
    {
        var place = $"line {Number}";
        if (Json is null)
        {
            errors.Add(new(place, $"The line is longer than {NdjsonReader.LineLimit} bytes."));
            return null;
        }

        try
        {
            return JsonDocument.Parse(Json, Strict);
        }
        catch (JsonException e)
        {
            errors.Add(new(place, $"It is not one JSON object (byte {e.BytePositionInLine + 1}); each line holds a whole one."));
            return null;
        }
    }
}

/// <summary>Splits a stream into lines and holds one of them at a time. Blank lines are left out.</summary>
internal static class NdjsonReader
{
    /// <summary>Bytes in one line; a longer one is passed over.</summary>
    public const int LineLimit = 1 << 20;

    public static async IAsyncEnumerable<NdjsonLine> ReadAsync(
        PipeReader pipe,
        [EnumeratorCancellation] CancellationToken cancellationToken)
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
                    if (Line(number++, line, tooLong) is { } full)
                        yield return full;
                    tooLong = false;
                }

                if (read.IsCompleted)
                {
                    if (Line(number, buffer, tooLong) is { } last)
                        yield return last;
                    yield break;
                }

                // What there is of an overlong line is dropped at once, so that memory stays bounded whatever is sent.
                tooLong |= buffer.Length > LineLimit;
            }
            finally
            {
                // Also when the caller has heard enough: the server reads what is left of the body only from a pipe that is at rest.
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

    private static NdjsonLine? Line(long number, ReadOnlySequence<byte> line, bool tooLong)
    {
        if (tooLong || line.Length > LineLimit)
            return new(number, null);
        var bytes = line.ToArray();
        var text = number == 1 && bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        return text.AsSpan().IndexOfAnyExcept(" \t\r"u8) < 0 ? null : new(number, text);
    }
}
