using SPaR.IFEval.Text;

namespace SPaR.IFEval;

/// <summary>The variants of a response that the loose verdict accepts: without markdown emphasis, without an introduction in the first
/// line, without a closing remark in the last (arXiv 2311.07911, section 2.2).</summary>
internal static class LooseReadings
{
    /// <returns>The response without its first line, its last line, and both; and all four, including the response itself, without
    /// asterisks. Blank readings, duplicates and the response as is are left out.</returns>
    public static IReadOnlyList<string> Of(string response)
    {
        var first = response.IndexOf('\n');
        var last = response.LastIndexOf('\n');
        var withoutFirst = first < 0 ? "" : PythonText.Strip(response[(first + 1)..]);
        var withoutLast = first < 0 ? "" : PythonText.Strip(response[..last]);
        // With two lines nothing remains.
        var withoutBoth = first == last ? "" : PythonText.Strip(response[(first + 1)..last]);
        string[] plain = [response, withoutFirst, withoutLast, withoutBoth];
        return [.. plain[1..].Concat(plain.Select(text => text.Replace("*", "", StringComparison.Ordinal)))
            .Where(text => text != response && !PythonText.IsBlank(text))
            .Distinct()];
    }
}
