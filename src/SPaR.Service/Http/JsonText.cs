using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using SPaR.Method.Input;

namespace SPaR.Service.Http;

/// <summary>Checks the bytes of a JSON body before anything reads them: they must be UTF-8, valid JSON, and text that can be stored.
/// PostgreSQL rejects U+0000, and half a surrogate pair is not Unicode. Does not know what the properties mean.</summary>
internal static class JsonText
{
    public const string HasNull = "has the character U+0000, which cannot be stored; remove it.";

    private const int UnitEscape = 6;

    /// <param name="body">Without a byte order mark.</param>
    /// <returns>Null if the body can be read.</returns>
    public static Problem? FaultIn(ReadOnlySpan<byte> body)
    {
        if (EncodingFault(body) is { } encoding)
            return encoding;
        var reader = new Utf8JsonReader(body);
        var names = new Stack<HashSet<string>>();
        try
        {
            while (reader.Read())
                if (FaultAt(ref reader, body, names) is { } fault)
                    return fault;
        }
        catch (JsonException e)
        {
            return Syntax(body, e);
        }

        return null;
    }

    /// <param name="names">Of the properties so far, of each object that is open.</param>
    private static Problem? FaultAt(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Stack<HashSet<string>> names)
    {
        var isName = reader.TokenType is JsonTokenType.PropertyName;
        if (reader.ValueIsEscaped && FaultInEscapes(reader.ValueSpan) is { } fault)
            return Problem.Invalid("invalid-text", new FieldError(
                JsonPath.To(body, reader.TokenStartIndex), isName ? $"has a property whose name {fault}" : fault));
        if (reader.TokenType is JsonTokenType.Null && reader.CurrentDepth == 0)
            return Problem.InvalidJson(JsonPath.Whole, "is null; send a JSON object.");
        if (reader.TokenType is JsonTokenType.StartObject)
            names.Push([]);
        else if (reader.TokenType is JsonTokenType.EndObject)
            names.Pop();
        return isName && !names.Peek().Add(reader.GetString()!)
            ? Problem.InvalidJson(JsonPath.To(body, reader.BytesConsumed), "is given twice; give it once.")
            : null;
    }

    private static Problem? EncodingFault(ReadOnlySpan<byte> body)
    {
        if (body.Length == 0)
            return Problem.InvalidJson(JsonPath.Whole, "is empty; send a JSON object.");
        // ASCII is half of every JSON text, and the other byte of such a character is 0 in UTF-16.
        if (body.StartsWith(Encoding.Unicode.Preamble) || body.StartsWith(Encoding.BigEndianUnicode.Preamble)
            || (body.Length > 1 && (body[0] == 0 || body[1] == 0)))
            return NotUtf8("The body is UTF-16 or UTF-32; send it as UTF-8.");
        if (Utf8.IsValid(body))
            return null;
        var at = 0;
        while (Rune.DecodeFromUtf8(body[at..], out _, out var length) is OperationStatus.Done)
            at += length;
        return NotUtf8($"The body is not UTF-8: byte 0x{body[at]:X2} at {PositionOf(body[..at])} starts no character. It may be Latin-1 or "
            + "Windows-1252, or cut off; send it as UTF-8.");
    }

    private static Problem NotUtf8(string detail) => new(StatusCodes.Status400BadRequest, "not-utf8", detail);

    private static Problem Syntax(ReadOnlySpan<byte> body, JsonException e)
    {
        var lineStart = 0;
        for (var line = e.LineNumber ?? 0; line > 0; line--)
            lineStart += body[lineStart..].IndexOf((byte)'\n') + 1;
        var end = e.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        var at = lineStart + (e.BytePositionInLine ?? 0);
        return Problem.InvalidJson(
            // A body that ends too early is at fault as a whole.
            at < body.Length ? JsonPath.To(body, at) : JsonPath.Whole,
            $"is not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: {(end < 0 ? e.Message : e.Message[..end])}");
    }

    private static string PositionOf(ReadOnlySpan<byte> before) => string.Create(
        CultureInfo.InvariantCulture, $"line {before.Count((byte)'\n') + 1}, byte {before.Length - before.LastIndexOf((byte)'\n')}");

    /// <param name="escaped">A valid JSON string without its quotes.</param>
    /// <returns>Completes "the field …"; null if all characters can be stored.</returns>
    private static string? FaultInEscapes(ReadOnlySpan<byte> escaped)
    {
        const string Half = "has half a surrogate pair, as text has that is cut inside an emoji; cut it between characters.";
        var isPairOpen = false;
        while (escaped.Length > 0)
        {
            var isEscape = escaped[0] == '\\';
            var isUnit = isEscape && escaped[1] == 'u';
            var unit = isUnit ? (char)ushort.Parse(escaped[2..UnitEscape], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : ' ';
            if (unit == '\0')
                return HasNull;
            if (char.IsLowSurrogate(unit) != isPairOpen)
                return Half;
            isPairOpen = char.IsHighSurrogate(unit);
            escaped = escaped[(isUnit ? UnitEscape : isEscape ? 2 : 1)..];
        }

        return isPairOpen ? Half : null;
    }
}
