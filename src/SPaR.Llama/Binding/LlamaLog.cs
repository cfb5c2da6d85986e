using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Logging;

namespace SPaR.Llama.Binding;

/// <summary>Passes llama.cpp's log lines on to a logger. Keeps each thread's first error line, which names the cause (the last one is only
/// "failed to load model").</summary>
internal static class LlamaLog
{
    private const int Warning = 3, Error = 4, Continued = 5;

    [ThreadStatic]
    private static string? _firstError;

    [ThreadStatic]
    private static StringBuilder? _line;

    [ThreadStatic]
    private static int _level;

    [ThreadStatic]
    private static AbortFlag? _stopped;

    [ThreadStatic]
    private static Action<string>? _listener;

    public static ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>Clears the captured error of this thread. Call this before a native call that may fail.</summary>
    /// <param name="stopped">The abort flag of the call: while it is set, llama.cpp's complaints are not logged as warnings.</param>
    public static void Reset(AbortFlag? stopped = null) => (_firstError, _stopped) = (null, stopped);

    /// <summary>Passes this thread's lines to a listener too, until called with null.</summary>
    public static void Listen(Action<string>? listener) => _listener = listener;

    /// <summary>Whether there was an error line on this thread since <see cref="Reset"/>.</summary>
    public static bool Failed => _firstError is not null;

    /// <summary>The first error line on this thread since <see cref="Reset"/>.</summary>
    public static string FirstError => _firstError ?? "no reason given";

    /// <summary>Receives llama.cpp's log output.</summary>
    public static void Write(int level, string text)
    {
        try
        {
            Append(level, text);
        }
        catch (Exception)
        {
            // An exception must not unwind through native frames: a log line would end the process.
        }
    }

    /// <summary>A line may arrive in pieces; it is passed on when it is complete.</summary>
    private static void Append(int level, string text)
    {
        var line = _line ??= new StringBuilder();
        if (level != Continued)
            _level = level;
        line.Append(text);
        if (!text.EndsWith('\n'))
            return;
        var whole = line.ToString().Trim();
        line.Clear();
        if (whole.Length == 0)
            return;
        _listener?.Invoke(whole);
        if (_level == Error)
            _firstError ??= whole;
        // One cache serves many sequences, so it is longer than any context. LlamaModel warns if a context itself is too long.
        var aboutCells = whole.Contains("possible training context overflow", StringComparison.Ordinal);
        if (_level is Warning or Error && !aboutCells && _stopped is not { IsSet: true })
            Logger.NativeWarning(whole);
        else
            Logger.NativeDetail(whole);
    }
}
