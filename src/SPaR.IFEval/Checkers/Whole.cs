using SPaR.IFEval.Text;

namespace SPaR.IFEval.Checkers;

/// <summary>The response begins with the text to repeat, ignoring case.</summary>
internal sealed class RepeatPrompt(string promptToRepeat) : IConstraintChecker
{
    private readonly string _start = PythonText.Lower(PythonText.Strip(promptToRepeat));

    public bool IsFollowed(string response) =>
        PythonText.Lower(PythonText.Strip(response)).StartsWith(_start, StringComparison.Ordinal);
}

/// <summary>Two different responses, divided by six asterisks. Before the first and after the last divider there may be nothing.
/// </summary>
internal sealed class TwoResponses : IConstraintChecker
{
    public bool IsFollowed(string response)
    {
        var parts = response.Split("******").Select(PythonText.Strip).ToList();
        return !parts.Where((part, i) => part.Length == 0 && i > 0 && i < parts.Count - 1).Any() &&
            parts.Where(part => part.Length > 0).ToList() is [var first, var second] && first != second;
    }
}

/// <summary>The response ends with the phrase, ignoring case and closing quotation marks.</summary>
internal sealed class EndPhrase(string phrase) : IConstraintChecker
{
    private readonly string _end = PythonText.Lower(PythonText.Strip(phrase));

    public bool IsFollowed(string response) =>
        PythonText.Lower(PythonText.Strip(response).Trim('"')).EndsWith(_end, StringComparison.Ordinal);
}

/// <summary>The response is in double quotation marks.</summary>
internal sealed class Quotation : IConstraintChecker
{
    public bool IsFollowed(string response) => PythonText.Strip(response) is ['"', .., '"'];
}

/// <summary>Contains no ASCII comma.</summary>
internal sealed class NoComma : IConstraintChecker
{
    public bool IsFollowed(string response) => !response.Contains(',', StringComparison.Ordinal);
}
