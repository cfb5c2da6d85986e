using System.Buffers;
using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>Splits a JSON list into its elements as blocks of it arrive, so that one element is in memory and an invalid one does not hide
/// those after it. Looks at brackets, commas and quotes only; each element is parsed when it is whole.</summary>
/// <param name="list">The property that the list is in; empty if it is the whole file.</param>
internal sealed class JsonListSplitter(string list)
{
    private const int EnvelopeLimit = 1 << 16;

    private readonly ArrayBufferWriter<byte> _element = new(1 << 12);
    private readonly ArrayBufferWriter<byte> _tail = new();
    private int _index;
    private int _depth = -1;
    private bool _inString, _isEscaped, _isTooLong, _hasEnded;

    /// <summary>The part of the file before the list.</summary>
    public ReadOnlyMemory<byte> Head { get; init; }

    public List<FileRow> Split(ReadOnlyMemory<byte> block)
    {
        var rows = new List<FileRow>();
        foreach (var (at, one) in block.ToArray().Index())
        {
            if (_hasEnded)
            {
                TakeTail(block.Span[at..]);
                break;
            }

            if (Take(one) is { } row)
                rows.Add(row);
        }

        return rows;
    }

    /// <exception cref="UnreadableFileException">The list has no end, or something follows it.</exception>
    public void Complete()
    {
        if (!_hasEnded)
            throw new UnreadableFileException(
                $"The JSON list ends in the middle, after {_index} elements; the file may be cut off. Send the whole file.");
        if (Head.IsEmpty && _tail.WrittenSpan.IndexOfAnyExcept(" \t\r\n"u8) >= 0)
            throw new UnreadableFileException("Something follows the JSON list; send one list, or one JSON object per line.");
    }

    /// <returns>The object around the list, with an empty list.</returns>
    /// <exception cref="UnreadableFileException">It is not valid JSON.</exception>
    public JsonElement Envelope()
    {
        try
        {
            var envelope = JsonElement.Parse((byte[])[.. Head.Span, .. "[]"u8, .. _tail.WrittenSpan]);
            return StorableText.FaultsIn(envelope, Place.Field("body")) is [var fault, ..]
                ? throw new UnreadableFileException($"The object around {list}: {fault.Field} {fault.Message}")
                : envelope;
        }
        catch (JsonException e)
        {
            throw new UnreadableFileException($"The object around {list} is not valid JSON: {e.Message}");
        }
    }

    private FileRow? Take(byte one)
    {
        if (_depth < 0)
        {
            // A byte order mark and white space come first.
            if (one == '[')
                _depth = 0;
            return null;
        }

        if (_inString)
            (_inString, _isEscaped) = (_isEscaped || one != '"', !_isEscaped && one == '\\');
        else if (one == '"')
            _inString = true;
        else if (_depth == 0 && one is (byte)',' or (byte)']')
            return End(one);
        else if (one is (byte)'{' or (byte)'[')
            _depth++;
        else if (one is (byte)'}' or (byte)']')
            _depth = Math.Max(0, _depth - 1);
        return Keep(one);
    }

    private FileRow? Keep(byte one)
    {
        if (_element.WrittenCount == 0 && !_isTooLong && one is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            return null;
        _isTooLong |= _element.WrittenCount > FileRow.Limit;
        if (_isTooLong)
            _element.ResetWrittenCount();
        else
            _element.Write([one]);
        return null;
    }

    private FileRow? End(byte one)
    {
        _hasEnded = one == ']';
        // An empty list has no element.
        if (_hasEnded && _index == 0 && _element.WrittenCount == 0 && !_isTooLong)
            return null;
        var place = Place.Element(_index++, list);
        var row = _isTooLong ? FileRow.TooLong(place) : FileRow.Of(place, _element.WrittenSpan);
        _element.ResetWrittenCount();
        _isTooLong = false;
        return row;
    }

    private void TakeTail(ReadOnlySpan<byte> rest)
    {
        if (_tail.WrittenCount + rest.Length > EnvelopeLimit)
            throw new UnreadableFileException($"More than {EnvelopeLimit} bytes follow the JSON list; send the list alone.");
        _tail.Write(rest);
    }
}
