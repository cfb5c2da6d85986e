using System.Diagnostics;

namespace SPaR.Llama.Processes;

/// <summary>A process with one loaded model, and the calls that wait for its reply. It ends by itself when this process ends.</summary>
internal sealed class EngineProcess : IAsyncDisposable
{
    // 128 + the number of the signal.
    private const int Signals = 128, IllegalInstruction = 132, Killed = 137;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _name;
    private readonly LastWords _lastWords;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, TaskCompletionSource<Reply>> _waiting = [];
    private readonly Thread _reader, _listener;
    private long _lastId;
    private Exception? _ended;

    private EngineProcess(Process process, string name)
    {
        (_process, _name) = (process, name);
        _lastWords = new(process.StandardError.BaseStream, Console.OpenStandardError());
        _listener = new Thread(_lastWords.Read) { Name = "engine log", IsBackground = true };
        _listener.Start();
        // A thread of its own: replies must be read even while synchronous callers block the thread pool.
        _reader = new Thread(Read) { Name = "engine replies", IsBackground = true };
        _reader.Start();
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts a process and sends it the first call.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="name">What the process is for, in errors.</param>
    /// <exception cref="ModelRejectedException">The file cannot be used.</exception>
    /// <exception cref="EngineProcessException">The process does not start.</exception>
    /// <exception cref="ModelProcessDiedException">It ended before it replied.</exception>
    public static async Task<(EngineProcess Process, Reply Reply)> StartAsync(
        IReadOnlyList<string> command, string name, Func<long, Call> call, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Otherwise ggml starts a debugger when it aborts.
            Environment = { ["GGML_NO_BACKTRACE"] = "1" },
        };
        EngineProcess process;
        try
        {
            process = new(Process.Start(start)!, name);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new EngineProcessException($"Cannot start {command[0]} as an engine process: {e.Message} Check Llama:Command.");
        }
        try
        {
            // A load cannot be cancelled, but its process can be killed.
            return (process, await process.CallAsync(call, CancellationToken.None).WaitAsync(cancellationToken));
        }
        catch
        {
            process._process.Kill();
            await process.DisposeAsync();
            throw;
        }
    }

    /// <returns>Its reply; never a <see cref="Failed"/>.</returns>
    /// <exception cref="ModelProcessDiedException">The process ended first.</exception>
    /// <exception cref="OperationCanceledException">The process has cancelled the call and freed its memory.</exception>
    public async Task<Reply> CallAsync(Func<long, Call> call, CancellationToken cancellationToken)
    {
        TaskCompletionSource<Reply> replied;
        long id;
        lock (_gate)
        {
            if (_ended is not null)
                throw _ended;
            id = ++_lastId;
            var message = call(id);
            var progress = (message as GenerateCall)?.Request.Progress;
            _waiting.Add(id, replied = new(progress, TaskCreationOptions.RunContinuationsAsynchronously));
            Write(message);
        }
        await using var registration = cancellationToken.Register(() => Post(new CancelCall(id)));
        var reply = await replied.Task;
        return reply is Failed failed ? throw failed.ToException(cancellationToken) : reply;
    }

    /// <summary>Sends a call without a reply; does nothing if the process has ended.</summary>
    public void Post(Call call)
    {
        lock (_gate)
            if (_ended is null)
                Write(call);
    }

    /// <summary>Fails all waiting and later calls with this exception.</summary>
    public void End(Exception because)
    {
        TaskCompletionSource<Reply>[] waiting;
        lock (_gate)
        {
            _ended ??= because;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (var one in waiting)
            one.SetException(because);
    }

    /// <summary>Ends the process and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        End(new ObjectDisposedException(nameof(ITextModel)));
        // The process ends when its input ends. Close the pipe, not the writer around it: that fails if the process has ended
        // already.
        await _process.StandardInput.BaseStream.DisposeAsync();
        using var grace = new CancellationTokenSource(Grace);
        await _process.WaitForExitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited)
            _process.Kill();
        await Task.Run(_reader.Join);
        // A process that it started may still hold its standard error open; the thread then reads on.
        if (await Task.Run(() => _listener.Join(Grace)))
            _process.Dispose();
    }

    /// <summary>Call this under the lock. If the process has just ended, the write is lost; the reader notices.</summary>
    private void Write(Call call)
    {
        try
        {
            Frames.Write(_process.StandardInput.BaseStream, call);
        }
        catch (IOException)
        {
            // The pipe is broken: the reader will reach its end and fail all waiting calls.
        }
    }

    private void Read()
    {
        try
        {
            while (Frames.Read<Reply>(_process.StandardOutput.BaseStream) is { } reply)
            {
                if (reply is Progressed progressed)
                    ProgressOf(reply.Id)?.Report(progressed.Progress);
                else
                    Take(reply.Id)?.SetResult(reply);
            }

            _process.WaitForExit();
            // Its last words come after its last reply.
            _listener.Join(Grace);
            End(Died(_process.ExitCode, _lastWords.ToString()));
        }
        catch (Exception e)
        {
            // After an unreadable message, nothing more can be read.
            _process.Kill();
            End(new EngineProcessException($"The engine process wrote an unreadable message: {e.Message} Check Llama:Command."));
        }
    }

    private ModelProcessDiedException Died(int exitCode, string lastWords)
    {
        var end = exitCode > Signals ? $"was ended by signal {exitCode - Signals}" : $"ended with exit code {exitCode}";
        var quoted = lastWords.Length > 0 ? $"Its last words: {lastWords}" : "It wrote nothing.";
        return new($"The process of {_name} {end}. {Hint(exitCode)} {quoted}", lastWords, exitCode);
    }

    private static string Hint(int exitCode) => exitCode switch
    {
        IllegalInstruction =>
            "Its llama.cpp libraries use instructions that this CPU does not have. Build the program again for this machine.",
        Killed => "It was killed, probably because memory ran out. Lower Llama:MemoryBytes.",
        > Signals => "Convert or download the model again, or use another.",
        _ => "See its log for the reason.",
    };

    private IProgress<GenerationProgress>? ProgressOf(long id)
    {
        lock (_gate)
            return _waiting.GetValueOrDefault(id)?.Task.AsyncState as IProgress<GenerationProgress>;
    }

    private TaskCompletionSource<Reply>? Take(long id)
    {
        lock (_gate)
            return _waiting.Remove(id, out var waiting) ? waiting : null;
    }
}
