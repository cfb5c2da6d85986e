namespace SPaR.Abstractions;

/// <summary>The process of a model died before it had replied: while it loaded, or each time a request was repeated; or the process that
/// converts one died. The model, the request or the machine kills it; other models go on.</summary>
/// <param name="message">Names the model, says how it ended, quotes its last words and says what to do.</param>
/// <param name="lastWords">The last lines that the process wrote, such as a failed assertion; may be empty.</param>
/// <param name="exitCode">128 + the number of the signal that ended it; else its exit code.</param>
public sealed class ModelProcessDiedException(string message, string lastWords, int exitCode) : Exception(message)
{
    public string LastWords { get; } = lastWords;

    public int ExitCode { get; } = exitCode;
}
