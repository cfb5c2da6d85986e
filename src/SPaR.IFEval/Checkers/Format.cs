using SPaR.IFEval.Text;

namespace SPaR.IFEval.Checkers;

/// <summary>An exact number of bullets: lines that begin with a minus, or with one asterisk that is not followed by another. A rule of
/// minuses counts too.</summary>
internal sealed class BulletCount(int count) : IConstraintChecker
{
    public bool IsFollowed(string response) => Count(response, '*') + Count(response, '-') == count;

    /// <summary>Counts line by line; the white space before a mark may span several lines.</summary>
    private static int Count(string response, char mark)
    {
        var found = 0;
        for (var line = 0; line <= response.Length;)
        {
            var skipped = response.AsSpan(line).IndexOfAnyExcept(PythonText.Spaces);
            if (skipped < 0)
                break;
            var at = line + skipped;
            var end = at + 1;
            if (response[at] == mark && (mark == '-' || (end < response.Length && response[end] != '*')))
            {
                found++;
                // The character after an asterisk may be the line end; then the next line belongs to this one.
                end += mark == '*' ? 1 : 0;
            }

            var next = end > response.Length ? -1 : response.IndexOf('\n', end);
            if (next < 0)
                break;
            line = next + 1;
        }

        return found;
    }
}

/// <summary>A title in double angular brackets, on one line.</summary>
internal sealed class Title : IConstraintChecker
{
    public bool IsFollowed(string response)
    {
        foreach (var range in response.AsSpan().Split('\n'))
        {
            var line = response.AsSpan(range);
            var open = line.IndexOf("<<");
            var close = line.LastIndexOf(">>");
            if (open >= 0 && close >= open + 3 && !PythonText.Strip(line[open..(close + 2)].TrimStart('<').TrimEnd('>')).IsEmpty)
                return true;
        }

        return false;
    }
}

/// <summary>Contains one of three sentences.</summary>
internal sealed class ConstrainedResponse : IConstraintChecker
{
    private static readonly string[] Options = ["My answer is yes.", "My answer is no.", "My answer is maybe."];

    public bool IsFollowed(string response) => Options.Any(option => response.Contains(option, StringComparison.Ordinal));
}

/// <summary>At least a number of highlights: text between asterisks, on one line and not blank. Text between double asterisks counts too,
/// and again as single ones where those are found in it.</summary>
internal sealed class HighlightCount(int least) : IConstraintChecker
{
    public bool IsFollowed(string response) => Count(response, "*") + Count(response, "**") >= least;

    private static int Count(string response, string mark)
    {
        var found = 0;
        for (var open = response.IndexOf(mark, StringComparison.Ordinal); open >= 0;)
        {
            var start = open + mark.Length;
            var length = response.AsSpan(start).IndexOfAny('*', '\n');
            if (length < 0)
                break;
            var closed = response.AsSpan(start + length).StartsWith(mark, StringComparison.Ordinal);
            if (closed && !PythonText.IsBlank(response.Substring(start, length)))
                found++;
            open = response.IndexOf(mark, closed ? start + length + mark.Length : open + 1, StringComparison.Ordinal);
        }

        return found;
    }
}

/// <summary>At least a number of headings: the marker and a number.</summary>
internal sealed class SectionCount(SearchPattern heading, int least) : IConstraintChecker
{
    public bool IsFollowed(string response) => heading.Matches(response).Count() >= least;
}

/// <summary>The whole response is JSON, with or without a code fence.</summary>
internal sealed class JsonFormat : IConstraintChecker
{
    // Removed in this order, each at most once.
    private static readonly string[] Fences = ["```json", "```Json", "```JSON", "```"];

    public bool IsFollowed(string response)
    {
        var text = PythonText.Strip(response.AsSpan());
        foreach (var fence in Fences)
            if (text.StartsWith(fence, StringComparison.Ordinal))
                text = text[fence.Length..];
        if (text.EndsWith("```", StringComparison.Ordinal))
            text = text[..^3];
        return PythonJson.IsValid(PythonText.Strip(text));
    }
}
