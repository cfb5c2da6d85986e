using System.Text.RegularExpressions;

namespace SPaR.IFEval.Text;

/// <summary>A keyword as IFEval's reference reads it: a regular expression, unescaped. Most are plain words, which are looked for as
/// such; the others go to an engine that never backtracks, so that no keyword can make a check slow.</summary>
internal sealed class SearchPattern
{
    /// <summary>Is found nowhere.</summary>
    public static readonly SearchPattern Nothing = new(null, null, StringComparison.Ordinal, wholeWords: false);

    private readonly string? literal;
    private readonly Regex? regex;
    private readonly StringComparison comparison;
    private readonly bool wholeWords;

    private SearchPattern(string? literal, Regex? regex, StringComparison comparison, bool wholeWords)
    {
        this.literal = literal;
        this.regex = regex;
        this.comparison = comparison;
        this.wholeWords = wholeWords;
    }

    /// <summary>Anywhere, whatever the case.</summary>
    /// <exception cref="PatternException">It cannot be read as a regular expression.</exception>
    public static SearchPattern Anywhere(string text) => Compile(text, "{0}", StringComparison.OrdinalIgnoreCase, wholeWords: false);

    /// <summary>Between two boundaries of words, whatever the case.</summary>
    /// <exception cref="PatternException">It cannot be read as a regular expression.</exception>
    public static SearchPattern WholeWord(string text) => Compile(text, @"\b{0}\b", StringComparison.OrdinalIgnoreCase, wholeWords: true);

    /// <summary>Anywhere, in this case.</summary>
    /// <exception cref="PatternException">It cannot be read as a regular expression.</exception>
    public static SearchPattern Exact(string text) => Compile(text, "{0}", StringComparison.Ordinal, wholeWords: false);

    /// <summary>Before a number, in this case: a heading such as "Section 2".</summary>
    /// <exception cref="PatternException">It cannot be read as a regular expression.</exception>
    public static SearchPattern Numbered(string text) => new(null, Regex(text, @"\s?{0}\s?\d+\s?", RegexOptions.None), default, wholeWords: false);

    /// <summary>Begins and ends of all matches from the left, none overlapping another.</summary>
    public IEnumerable<(int Start, int End)> Matches(string text) => literal is null
        ? regex?.Matches(text).Select(m => (m.Index, m.Index + m.Length)) ?? []
        : LiteralMatches(text, literal);

    public bool IsIn(string text) => Matches(text).Any();

    private IEnumerable<(int Start, int End)> LiteralMatches(string text, string word)
    {
        for (var at = text.IndexOf(word, comparison); at >= 0;)
        {
            var end = at + word.Length;
            var found = !wholeWords || (IsBoundary(text, at) && IsBoundary(text, end));
            if (found)
                yield return (at, end);
            var from = found ? end : at + 1;
            at = from <= text.Length ? text.IndexOf(word, from, comparison) : -1;
        }
    }

    private static bool IsBoundary(string text, int place)
    {
        var (before, at) = PythonText.WordAround(text, place);
        return before != at;
    }

    private static SearchPattern Compile(string text, string around, StringComparison comparison, bool wholeWords)
    {
        if (text.AsSpan().IndexOfAny(@".^$*+?{}[]\|()") < 0)
            return new(text, null, comparison, wholeWords);
        var options = comparison == StringComparison.OrdinalIgnoreCase ? RegexOptions.IgnoreCase : RegexOptions.None;
        return new(null, Regex(text, around, options), comparison, wholeWords);
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
            throw new PatternException($"\"{text}\" is read as a regular expression and is none: {e.Message}");
        }
        catch (NotSupportedException)
        {
            throw new PatternException(
                $"\"{text}\" is read as a regular expression; look-around, back-references and atomic groups are not taken.");
        }
    }
}

/// <summary>A keyword cannot be read as a regular expression.</summary>
internal sealed class PatternException(string message) : Exception(message);
