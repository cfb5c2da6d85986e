using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Finds the refined answer in a reply.</summary>
internal static class AnswerReader
{
    /// <returns>The answer without white space around it; null when the marks are missing or nothing is between them.</returns>
    public static string? Read(AnswerFormat format, string reply)
    {
        var answer = format is { Open: { } open, Close: { } close } ? Between(reply, open, close) : reply;
        answer = answer?.Trim();
        return string.IsNullOrEmpty(answer) ? null : answer;
    }

    private static string? Between(string reply, string open, string close)
    {
        var start = reply.LastIndexOf(open, StringComparison.Ordinal);
        if (start < 0)
            return null;
        start += open.Length;
        var end = reply.IndexOf(close, start, StringComparison.Ordinal);
        return end < 0 ? null : reply[start..end];
    }
}
