using System.Buffers;

namespace SPaR.IFEval.Text;

/// <summary>Whether Python's <c>json.loads</c> accepts a text: JSON, and also NaN, Infinity and -Infinity.</summary>
internal ref struct PythonJson
{
    // Python's recursion limit.
    private const int Deepest = 990;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly ReadOnlySpan<char> _text;
    private int _at;

    private PythonJson(ReadOnlySpan<char> text) => _text = text;

    public static bool IsValid(ReadOnlySpan<char> text)
    {
        var json = new PythonJson(text);
        return json.Value(Deepest) && json.Space() == '\0' && json._at == text.Length;
    }

    private bool Value(int depth) => depth > 0 && Space() switch
    {
        '{' => Items('}', depth, named: true),
        '[' => Items(']', depth, named: false),
        '"' => String(),
        _ => Word("true") || Word("false") || Word("null") || Word("NaN") || Word("Infinity") || Word("-Infinity") || Number(),
    };

    private bool Items(char close, int depth, bool named)
    {
        _at++;
        if (Space() == close)
        {
            _at++;
            return true;
        }

        while (true)
        {
            if (named && !(Space() == '"' && String() && Space() == ':' && ++_at > 0))
                return false;
            if (!Value(depth - 1))
                return false;
            var next = Space();
            _at++;
            if (next == close)
                return true;
            if (next != ',')
                return false;
        }
    }

    private bool String()
    {
        for (_at++; _at < _text.Length; _at++)
        {
            var c = _text[_at];
            if (c == '"')
            {
                _at++;
                return true;
            }

            if (c < ' ' || (c == '\\' && !Escape()))
                return false;
        }

        return false;
    }

    private bool Escape()
    {
        if (++_at == _text.Length)
            return false;
        if (_text[_at] != 'u')
            return "\"\\/bfnrt".Contains(_text[_at], StringComparison.Ordinal);
        if (_at + 4 >= _text.Length || _text.Slice(_at + 1, 4).ContainsAnyExcept(HexDigits))
            return false;
        _at += 4;
        return true;
    }

    private bool Number()
    {
        if (Now() == '-')
            _at++;
        var start = _at;
        var whole = Digits();
        if (whole == 0)
            return false;
        if (_text[start] == '0')
            _at = start + 1;
        if (Now() == '.' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1]))
        {
            _at++;
            Digits();
        }

        if (Now() is 'e' or 'E')
        {
            var before = _at++;
            if (Now() is '+' or '-')
                _at++;
            if (Digits() == 0)
                _at = before;
        }

        return true;
    }

    private int Digits()
    {
        var start = _at;
        while (char.IsAsciiDigit(Now()))
            _at++;
        return _at - start;
    }

    private bool Word(string word)
    {
        if (!_text[_at..].StartsWith(word, StringComparison.Ordinal))
            return false;
        _at += word.Length;
        return true;
    }

    private char Space()
    {
        while (Now() is ' ' or '\t' or '\n' or '\r')
            _at++;
        return Now();
    }

    private readonly char Now() => _at < _text.Length ? _text[_at] : '\0';
}
