using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Logging;

namespace SPaR.Llama.Binding;

/// <summary>llama.cpp's log lines, passed on to a logger; and the first error of what a thread is doing, which is the one that names
/// the cause (the last is only "failed to load model").</summary>
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

    /// <summary>Forgets what was captured on this thread: call it before a native call that may fail.</summary>
    /// <param name="stopped">For a call that may be stopped on purpose: while it is set, what llama.cpp complains of is no warning.</param>
    public static void Begin(AbortFlag? stopped = null) => (_firstError, _stopped) = (null, stopped);

    /// <summary>Passes this thread's lines to somebody else too, until called with null.</summary>
    public static void Listen(Action<string>? listener) => _listener = listener;

    /// <summary>Whether there was an error line on this thread since <see cref="Begin"/>.</summary>
    public static bool Failed => _firstError is not null;

    /// <summary>The first error line on this thread since <see cref="Begin"/>.</summary>
    public static string FirstError => _firstError ?? "no reason given";

    /// <summary>Takes in what llama.cpp logs.</summary>
    public static void Write(int level, string text)
    {
        try
        {
            Append(level, text);
        }
        catch (Exception)
        {
            // An exception must not unwind through native frames: it would end the process for the sake of a log line.
        }
    }

    /// <summary>A line may come in pieces; it is passed on when its end has come.</summary>
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
        // One cache serves many sequences here, so it is longer than any context; LlamaModel warns where a context itself is too long.
        var aboutCells = whole.Contains("possible training context overflow", StringComparison.Ordinal);
        if (_level is Warning or Error && !aboutCells && _stopped is not { IsSet: true })
            Logger.NativeWarning(whole);
        else
            Logger.NativeDetail(whole);
    }
}
