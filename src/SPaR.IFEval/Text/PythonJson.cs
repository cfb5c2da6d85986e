using System.Buffers;

namespace SPaR.IFEval.Text;

/// <summary>Whether Python's <c>json.loads</c> takes a text: JSON, and beside it the numbers NaN, Infinity and -Infinity.</summary>
internal ref struct PythonJson
{
    // Python gives up at a thousand calls deep.
    private const int Deepest = 990;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly ReadOnlySpan<char> text;
    private int at;

    private PythonJson(ReadOnlySpan<char> text) => this.text = text;

    public static bool IsValid(ReadOnlySpan<char> text)
    {
        var json = new PythonJson(text);
        return json.Value(Deepest) && json.Space() == '\0' && json.at == text.Length;
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
        at++;
        if (Space() == close)
        {
            at++;
            return true;
        }

        while (true)
        {
            if (named && !(Space() == '"' && String() && Space() == ':' && ++at > 0))
                return false;
            if (!Value(depth - 1))
                return false;
            var next = Space();
            at++;
            if (next == close)
                return true;
            if (next != ',')
                return false;
        }
    }

    private bool String()
    {
        for (at++; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '"')
            {
                at++;
                return true;
            }

            if (c < ' ' || (c == '\\' && !Escape()))
                return false;
        }

        return false;
    }

    private bool Escape()
    {
        if (++at == text.Length)
            return false;
        if (text[at] != 'u')
            return "\"\\/bfnrt".Contains(text[at], StringComparison.Ordinal);
        if (at + 4 >= text.Length || text.Slice(at + 1, 4).ContainsAnyExcept(HexDigits))
            return false;
        at += 4;
        return true;
    }

    private bool Number()
    {
        if (Now() == '-')
            at++;
        var start = at;
        var whole = Digits();
        if (whole == 0)
            return false;
        if (text[start] == '0')
            at = start + 1;
        if (Now() == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))
        {
            at++;
            Digits();
        }

        if (Now() is 'e' or 'E')
        {
            var before = at++;
            if (Now() is '+' or '-')
                at++;
            if (Digits() == 0)
                at = before;
        }

        return true;
    }

    private int Digits()
    {
        var start = at;
        while (char.IsAsciiDigit(Now()))
            at++;
        return at - start;
    }

    private bool Word(string word)
    {
        if (!text[at..].StartsWith(word, StringComparison.Ordinal))
            return false;
        at += word.Length;
        return true;
    }

    private char Space()
    {
        while (Now() is ' ' or '\t' or '\n' or '\r')
            at++;
        return Now();
    }

    private readonly char Now() => at < text.Length ? text[at] : '\0';
}
