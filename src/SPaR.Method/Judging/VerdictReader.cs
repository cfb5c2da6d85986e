using System.Text.RegularExpressions;
using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Method.Judging;

/// <summary>Finds the verdict in a vote's text. Knows nothing of what was judged.</summary>
/// <remarks>A verdict is a whole word ("Nothing" is not "No"), spelt as in the prompt set, capitals included: otherwise a "no" in a
/// sentence before the verdict would count, and a wrong verdict costs more than an unreadable one. The marker may be in any
/// case.</remarks>
internal sealed class VerdictReader
{
    private readonly VerdictFormat _format;
    private readonly Regex _pattern;

    public VerdictReader(VerdictFormat format)
    {
        _format = format;
        // Longest first, so that "Not quite" is not read as "Not".
        var words = format.Yes.Concat(format.No).OrderByDescending(w => w.Length).Select(Regex.Escape);
        var word = $@"(?<![\p{{L}}\p{{N}}_])(?:{string.Join('|', words)})(?![\p{{L}}\p{{N}}_]|['’-]\p{{L}})";
        _pattern = new(format.Take == "last" ? $@"{word}(?=[^\p{{L}}\p{{N}}_]*\z)" : word, RegexOptions.CultureInvariant);
    }

    public Verdict Read(string vote) => Find(vote)?.Verdict ?? Verdict.Unreadable;

    /// <returns>The verdict and the index in the text where its word starts; null when it cannot be read.</returns>
    public (Verdict Verdict, int At)? Find(string vote)
    {
        var start = 0;
        if (_format.Marker is { } marker)
        {
            var found = vote.LastIndexOf(marker, StringComparison.OrdinalIgnoreCase);
            if (found < 0)
                return null;
            start = found + marker.Length;
        }

        var match = _pattern.Match(vote, start);
        return match.Success ? (_format.Yes.Contains(match.Value) ? Verdict.Yes : Verdict.No, match.Index) : null;
    }
}
