using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SPaR.Llama.Native;

/// <summary>llama.cpp's log lines, passed on to a logger; and the first error of what a thread is doing, which is the one that names
/// the cause (the last is only "failed to load model").</summary>
internal static unsafe class NativeLog
{
    private const int Warning = 3, Error = 4, Continued = 5;

    [ThreadStatic]
    private static string? _firstError;

    [ThreadStatic]
    private static StringBuilder? _line;

    [ThreadStatic]
    private static int _level;

    [ThreadStatic]
    private static byte* _stopped;

    [ThreadStatic]
    private static Action<string>? _listener;

    public static ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>Forgets what was captured on this thread: call it before a native call that may fail.</summary>
    public static void Begin() => Begin(stopped: null);

    /// <summary>The same for a call that may be stopped on purpose: while the flag is not 0, what llama.cpp complains of is no
    /// warning.</summary>
    public static void Begin(byte* stopped)
    {
        _firstError = null;
        _stopped = stopped;
    }

    /// <summary>Passes this thread's lines to somebody else too, until called with null.</summary>
    public static void Listen(Action<string>? listener) => _listener = listener;

    /// <summary>The first error line on this thread since <see cref="Begin()"/>.</summary>
    public static string FirstError => _firstError ?? "no reason given";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Write(int level, byte* text, void* userData)
    {
        try
        {
            Append(level, Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text)));
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
        var stopped = _stopped is not null && Volatile.Read(ref *_stopped) != 0;
        if (_level is Warning or Error && !aboutCells && !stopped)
            Logger.NativeWarning(whole);
        else
            Logger.NativeDetail(whole);
    }
}
