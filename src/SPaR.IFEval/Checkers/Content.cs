using SPaR.IFEval.Text;

namespace SPaR.IFEval.Checkers;

/// <summary>At least a number of placeholders: anything in square brackets on one line.</summary>
internal sealed class PlaceholderCount(int least) : IConstraintChecker
{
    public bool IsFollowed(string response)
    {
        var found = 0;
        foreach (var line in response.AsSpan().Split('\n'))
        {
            var rest = response.AsSpan(line);
            for (var open = rest.IndexOf('['); open >= 0; open = rest.IndexOf('['))
            {
                var close = rest[open..].IndexOf(']');
                if (close < 0)
                    break;
                found++;
                rest = rest[(open + close + 1)..];
            }
        }

        return found >= least;
    }
}

/// <summary>Contains a postscript's marker, ignoring case. "P.P.S" may have spaces inside and needs no last dot; "P.S." may have a space
/// and needs it.</summary>
internal sealed class Postscript(SearchPattern marker) : IConstraintChecker
{
    public static SearchPattern Compile(string marker) => PythonText.Strip(marker) switch
    {
        "P.P.S" => SearchPattern.Exact(@"p\.\s?p\.\s?s"),
        "P.S." => SearchPattern.Exact(@"p\.\s?s\."),
        var other => SearchPattern.Exact(PythonText.Lower(other)),
    };

    public bool IsFollowed(string response) => marker.IsIn(PythonText.Lower(response));
}
