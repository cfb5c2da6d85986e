using System.Text;

namespace SPaR.Llama.Models;

/// <summary>The text of one sample while its bytes arrive. Looks for the texts that end it, and says how much of it is certain: no half
/// character, and nothing that may turn out to be part of such a text. Knows no tokens.</summary>
/// <param name="stops">None is empty.</param>
internal sealed class GrowingText(IReadOnlyList<string> stops)
{
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _text = new();
    private readonly int _longest = stops.Count == 0 ? 0 : stops.Max(s => s.Length);
    private char[] _decoded = new char[64];
    private int _given;
    private bool _isComplete;

    /// <summary>Adds bytes; has no effect once the text is complete.</summary>
    /// <returns>Whether the text is complete, because one that ends it has followed.</returns>
    public bool Add(ReadOnlySpan<byte> bytes)
    {
        if (!_isComplete)
            Append(bytes, flush: false);
        return _isComplete;
    }

    /// <summary>Completes the text: nothing follows.</summary>
    public void Complete()
    {
        if (!_isComplete)
            Append([], flush: true);
        _isComplete = true;
    }

    /// <returns>What is certain and was not taken before.</returns>
    public string Take()
    {
        var taken = _text.ToString(_given, _text.Length - _given - Uncertain());
        _given += taken.Length;
        return taken;
    }

    /// <summary>All of it.</summary>
    public override string ToString() => _text.ToString();

    private void Append(ReadOnlySpan<byte> bytes, bool flush)
    {
        // Of each byte comes at most one character, and one more of what was left of the last.
        if (_decoded.Length < bytes.Length + 2)
            _decoded = new char[2 * bytes.Length + 2];
        var count = _utf8.GetChars(bytes, _decoded, flush);
        var from = Math.Max(0, _text.Length - _longest + 1);
        // U+0000 cannot be stored.
        _text.Append(_decoded.AsSpan(0, count)).Replace('\0', '\uFFFD', _text.Length - count, count);
        if (stops.Count == 0 || count == 0)
            return;
        var tail = _text.ToString(from, _text.Length - from);
        var end = stops.Select(stop => tail.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        if (end < 0)
            return;
        _text.Length = from + end;
        _isComplete = true;
    }

    /// <returns>The length of the longest end of the text that begins one of <c>stops</c>.</returns>
    private int Uncertain()
    {
        if (_isComplete)
            return 0;
        for (var length = Math.Min(_longest - 1, _text.Length); length > 0; length--)
        {
            var tail = _text.ToString(_text.Length - length, length);
            if (stops.Any(stop => stop.StartsWith(tail, StringComparison.Ordinal)))
                return length;
        }

        return 0;
    }
}
