using System.Diagnostics;
using System.Globalization;
using SPaR.Cli.Processes;

namespace SPaR.Cli.Supervision;

/// <summary>Restarts one process whenever it ends, until it is stopped. Does not know what it does.</summary>
internal sealed class SupervisedProcess : IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);

    private readonly string _name;
    private readonly Func<ProcessStartInfo> _command;
    private readonly SparOptions _options;
    private readonly Action<string> _say;
    private readonly ProcessLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private TaskCompletionSource _end = new();

    /// <param name="command">Called for every start.</param>
    public SupervisedProcess(string name, Func<ProcessStartInfo> command, SparOptions options, Action<string> say)
    {
        (_name, _command, _options, _say) = (name, command, options, say);
        _log = new(Path.Combine(options.Folder, "logs"), name, options.Echo);
        _running = KeepRunningAsync();
    }

    /// <summary>How often it has ended by itself.</summary>
    public int Deaths { get; private set; }

    /// <summary>The end of its log, and the log's path.</summary>
    public string LogTail => $"The end of {_log.File}:\n{_log.Tail}";

    /// <summary>Stops it and starts it again at once, with a new command.</summary>
    public void Restart() => _end.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        await _log.DisposeAsync();
    }

    private async Task KeepRunningAsync()
    {
        var wait = _options.Backoff;
        while (!_stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            if (await RunOnceAsync() is not { } exitCode)
                continue;
            Deaths++;
            wait = Stopwatch.GetElapsedTime(started) > Steady ? _options.Backoff : wait;
            _say($"{_name} {Describe(exitCode)}; restarting in {wait.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s. {LogTail}");
            await Task.Delay(wait, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    /// <returns>The exit code, or null if it was asked to stop.</returns>
    private async Task<int?> RunOnceAsync()
    {
        var start = _command();
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var end = _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stopping = _stop.Token.Register(() => end.TrySetResult());
        // Without a supervisor there is nothing to stop in order: the database ends too, and a kill loses nothing.
        using var process = await Children.StartAsync(start, "KILL", []);
        var logs = Task.WhenAll(_log.CopyAsync(process.StandardOutput), _log.CopyAsync(process.StandardError));
        await Task.WhenAny(process.WaitForExitAsync(CancellationToken.None), end.Task);
        await Signals.StopAsync(process, _options.Grace);
        await logs;
        return end.Task.IsCompleted ? null : process.ExitCode;
    }

    private static string Describe(int exitCode) => exitCode > 128
        ? $"was killed by signal {(exitCode - 128).ToString(CultureInfo.InvariantCulture)}"
        : $"ended with exit code {exitCode.ToString(CultureInfo.InvariantCulture)}";
}
