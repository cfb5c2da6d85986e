using SPaR.IFEval.Text;

namespace SPaR.IFEval;

/// <summary>What the loose verdict forgives: emphasis in markdown, an introduction in the first line, a closing remark in the last
/// (arXiv 2311.07911, section 2.2).</summary>
internal static class LooseReadings
{
    /// <returns>The response with its first line, its last and both taken away, and all four (the response itself included) without
    /// asterisks; of these eight readings those that are neither blank nor equal to another or to the response.</returns>
    public static IReadOnlyList<string> Of(string response)
    {
        var first = response.IndexOf('\n');
        var last = response.LastIndexOf('\n');
        var withoutFirst = first < 0 ? "" : PythonText.Strip(response[(first + 1)..]);
        var withoutLast = first < 0 ? "" : PythonText.Strip(response[..last]);
        // With two lines both are gone.
        var withoutBoth = first == last ? "" : PythonText.Strip(response[(first + 1)..last]);
        string[] plain = [response, withoutFirst, withoutLast, withoutBoth];
        return [.. plain[1..].Concat(plain.Select(text => text.Replace("*", "", StringComparison.Ordinal)))
            .Where(text => text != response && !PythonText.IsBlank(text))
            .Distinct()];
    }
}
