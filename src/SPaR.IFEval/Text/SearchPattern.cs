using System.Buffers;
using System.Text.RegularExpressions;

namespace SPaR.IFEval.Text;

/// <summary>A keyword as IFEval's reference reads it: an unescaped regular expression. Plain words are searched as strings; the others run
/// on an engine that never backtracks, so that no keyword makes a check slow.</summary>
internal sealed class SearchPattern
{
    /// <summary>Never matches.</summary>
    public static readonly SearchPattern Nothing = new(_ => []);

    private static readonly SearchValues<char> Operators = SearchValues.Create(@".^$*+?{}[]\|()");

    private readonly Func<string, IEnumerable<(int Start, int End)>> _find;

    private SearchPattern(Func<string, IEnumerable<(int Start, int End)>> find) => _find = find;

    /// <summary>Anywhere, ignoring case.</summary>
    /// <exception cref="PatternException">It is not a supported regular expression.</exception>
    public static SearchPattern Anywhere(string text) =>
        Compile(text, "{0}", StringComparison.OrdinalIgnoreCase, (_, at) => at + text.Length);

    /// <summary>Between word boundaries, ignoring case.</summary>
    /// <exception cref="PatternException">It is not a supported regular expression.</exception>
    public static SearchPattern WholeWord(string text) => Compile(
        text, @"\b{0}\b", StringComparison.OrdinalIgnoreCase,
        (within, at) => IsBoundary(within, at) && IsBoundary(within, at + text.Length) ? at + text.Length : -1);

    /// <summary>Anywhere, matching case.</summary>
    /// <exception cref="PatternException">It is not a supported regular expression.</exception>
    public static SearchPattern Exact(string text) => Compile(text, "{0}", StringComparison.Ordinal, (_, at) => at + text.Length);

    /// <summary>Before a number, with at most one space between, matching case: a heading such as "Section 2".</summary>
    /// <exception cref="PatternException">It is not a supported regular expression.</exception>
    public static SearchPattern Numbered(string text) =>
        Compile(text, @"{0}\s?\d+", StringComparison.Ordinal, (within, at) => NumberEnd(within, at + text.Length));

    /// <summary>Start and end of all matches from the left, without overlaps.</summary>
    public IEnumerable<(int Start, int End)> Matches(string text) => _find(text);

    public bool IsIn(string text) => _find(text).Any();

    /// <param name="around">The regular expression, with {0} for <paramref name="text"/>.</param>
    /// <param name="end">The same for plain words: the end of a match that starts at a position, or -1.</param>
    private static SearchPattern Compile(string text, string around, StringComparison comparison, Func<string, int, int> end)
    {
        if (!text.AsSpan().ContainsAny(Operators))
            return new(within => PlainMatches(within, text, comparison, end));
        var regex = Regex(text, around, comparison == StringComparison.OrdinalIgnoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
        return new(within => regex.Matches(within).Select(m => (m.Index, m.Index + m.Length)));
    }

    private static IEnumerable<(int Start, int End)> PlainMatches(
        string within, string word, StringComparison comparison, Func<string, int, int> end)
    {
        for (var at = within.IndexOf(word, comparison); at >= 0;)
        {
            var stop = end(within, at);
            if (stop >= 0)
                yield return (at, stop);
            at = within.IndexOf(word, stop >= 0 ? stop : at + 1, comparison);
        }
    }

    private static bool IsBoundary(string text, int place)
    {
        var (before, at) = PythonText.WordAround(text, place);
        return before != at;
    }

    private static int NumberEnd(string text, int at)
    {
        var start = at < text.Length && PythonText.IsSpace(text[at]) ? at + 1 : at;
        var end = start;
        while (end < text.Length && char.IsDigit(text[end]))
            end++;
        return end > start ? end : -1;
    }

    private static Regex Regex(string text, string around, RegexOptions options)
    {
        try
        {
            return new(
                around.Replace("{0}", text, StringComparison.Ordinal),
                options | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (ArgumentException e)
        {
            throw new PatternException($"\"{text}\" is not a valid regular expression: {e.Message}");
        }
        catch (NotSupportedException)
        {
            throw new PatternException(
                $"\"{text}\" is a regular expression with look-around, back-references or atomic groups; remove them.");
        }
    }
}

/// <summary>A keyword is not a supported regular expression.</summary>
internal sealed class PatternException(string message) : Exception(message);
