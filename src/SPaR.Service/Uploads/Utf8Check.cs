using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace SPaR.Service.Uploads;

/// <summary>Says which bytes are not UTF-8, and what the encoding may be instead.</summary>
internal static class Utf8Check
{
    private const int Block = 1 << 16;

    /// <param name="bytes">Not valid UTF-8.</param>
    public static string Fault(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) is OperationStatus.Done)
            at += length;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"is not UTF-8: byte {at + 1} (0x{bytes[at]:X2}) starts no character. It may be Latin-1 or Windows-1252; convert it to UTF-8.");
    }

    /// <summary>Whether a file starts as text does in UTF-16 or UTF-32: every other byte of an ASCII character is zero.</summary>
    public static bool IsUtf16(ReadOnlySpan<byte> start) =>
        start.StartsWith(Encoding.Unicode.Preamble) || start.StartsWith(Encoding.BigEndianUnicode.Preamble)
        || (start.Length > 1 && (start[0] == 0 || start[1] == 0));

    /// <summary>Checks a whole file, line by line, and rewinds it.</summary>
    /// <exception cref="UnreadableFileException">Names the first line that is not UTF-8.</exception>
    public static async Task CheckAsync(Stream file, CancellationToken cancellationToken)
    {
        var line = 1L;
        // The start of the current line, for the position in it, and characters that a block cuts in two.
        var open = new ArrayBufferWriter<byte>(Block);
        var block = new byte[Block];
        while (await file.ReadAsync(block, cancellationToken) is var read and > 0)
        {
            open.Write(block.AsSpan(0, read));
            line += Take(open, line, isLast: false);
        }

        Take(open, line, isLast: true);
        file.Position = 0;
    }

    /// <returns>The line breaks in what was checked; the rest stays in the buffer.</returns>
    private static long Take(ArrayBufferWriter<byte> open, long line, bool isLast)
    {
        var text = open.WrittenSpan;
        // A line break is never part of another character.
        var end = isLast ? text.Length : text.LastIndexOf((byte)'\n') + 1;
        if (end == 0 && text.Length > FileRow.Limit)
            throw new UnreadableFileException($"Line {line} is longer than {FileRow.Limit} bytes; shorten it.");
        var whole = text[..end];
        if (!Utf8.IsValid(whole))
            throw Fault(whole, line);
        var breaks = whole.Count((byte)'\n');
        var left = text[end..].ToArray();
        open.ResetWrittenCount();
        open.Write(left);
        return breaks;
    }

    private static UnreadableFileException Fault(ReadOnlySpan<byte> lines, long line)
    {
        while (true)
        {
            var length = lines.IndexOf((byte)'\n') is var at and >= 0 ? at + 1 : lines.Length;
            if (!Utf8.IsValid(lines[..length]))
                return new($"Line {line} {Fault(lines[..length])}");
            lines = lines[length..];
            line++;
        }
    }
}
