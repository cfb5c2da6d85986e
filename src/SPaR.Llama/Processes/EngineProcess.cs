using System.Diagnostics;
using SPaR.Abstractions;

namespace SPaR.Llama.Processes;

/// <summary>A process that has one model loaded, and the questions that it has not answered yet. It ends by itself when this process
/// does.</summary>
internal sealed class EngineProcess : IAsyncDisposable
{
    // 128 and the number of the signal.
    private const int IllegalInstruction = 132, Killed = 137;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, TaskCompletionSource<Answer>> _waiting = [];
    private readonly Thread _reader;
    private long _lastId;
    private Exception? _ended;

    private EngineProcess(Process process)
    {
        _process = process;
        // A thread of its own: callers that wait for tokens block theirs, and the answers must come all the same.
        _reader = new Thread(Read) { Name = "engine answers", IsBackground = true };
        _reader.Start();
    }

    /// <summary>Its id in the system.</summary>
    public int Id => _process.Id;

    /// <summary>Starts a process and asks it the first question.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <exception cref="ModelRejectedException">The file cannot be used.</exception>
    /// <exception cref="EngineProcessException">The process does not start.</exception>
    /// <exception cref="EngineProcessEndedException">It ended before it had answered.</exception>
    public static async Task<(EngineProcess Process, Answer Answer)> StartAsync(
        IReadOnlyList<string> command, Func<long, Ask> ask, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true };
        EngineProcess process;
        try
        {
            process = new(Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new EngineProcessException($"{command[0]} does not start as an engine process: {e.Message} Check Llama:Command.");
        }
        try
        {
            // A load cannot be cancelled, but its process can be ended.
            return (process, await process.AskAsync(ask, CancellationToken.None).WaitAsync(cancellationToken));
        }
        catch
        {
            process._process.Kill();
            await process.DisposeAsync();
            throw;
        }
    }

    /// <returns>What it answers; never a <see cref="Failed"/>.</returns>
    /// <exception cref="EngineProcessEndedException">The process ended first.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled there, and its memory is free again.</exception>
    public async Task<Answer> AskAsync(Func<long, Ask> ask, CancellationToken cancellationToken)
    {
        var answered = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        long id;
        lock (_gate)
        {
            if (_ended is not null)
                throw _ended;
            id = ++_lastId;
            _waiting.Add(id, answered);
            Write(ask(id));
        }
        await using var registration = cancellationToken.Register(() => Tell(new CancelAsk(id)));
        var answer = await answered.Task;
        return answer is Failed failed ? throw failed.ToException(cancellationToken) : answer;
    }

    /// <summary>Says something that has no answer, if there is anybody to hear it.</summary>
    public void Tell(Ask ask)
    {
        lock (_gate)
            if (_ended is null)
                Write(ask);
    }

    /// <summary>Ends what waits with this exception, and all that is asked from now on.</summary>
    public void End(Exception because)
    {
        TaskCompletionSource<Answer>[] waiting;
        lock (_gate)
        {
            _ended ??= because;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (var one in waiting)
            one.SetException(because);
    }

    /// <summary>Has the process end, and waits for that.</summary>
    public async ValueTask DisposeAsync()
    {
        End(new ObjectDisposedException(nameof(ITextModel)));
        // The end of its input is the sign for it to end. The writer around the pipe was never written to; closing that one would fail
        // where the process has ended before.
        await _process.StandardInput.BaseStream.DisposeAsync();
        using var patience = new CancellationTokenSource(Grace);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited)
            _process.Kill();
        await Task.Run(_reader.Join);
        _process.Dispose();
    }

    /// <summary>Under the gate. A process that has just ended takes nothing; its end is noticed by the reader.</summary>
    private void Write(Ask ask)
    {
        try
        {
            Frames.Write(_process.StandardInput.BaseStream, ask);
        }
        catch (IOException)
        {
            // The pipe is broken: the reader comes to its end and answers all that waits.
        }
    }

    private void Read()
    {
        try
        {
            while (Frames.Read<Answer>(_process.StandardOutput.BaseStream) is { } answer)
                Take(answer.Id)?.SetResult(answer);
            _process.WaitForExit();
            End(new EngineProcessEndedException($"The engine process ended with {_process.ExitCode}. {Hint(_process.ExitCode)}"));
        }
        catch (Exception e)
        {
            // Whatever it wrote, nothing more can be read of it.
            _process.Kill();
            End(
                new EngineProcessEndedException($"The output of the engine process cannot be understood: {e.Message} Check Llama:Command."));
        }
    }

    private static string Hint(int exitCode) => exitCode switch
    {
        IllegalInstruction =>
            "Its llama.cpp libraries use instructions that this processor does not have; build the program again for this machine.",
        Killed => "It was killed; the system does that when memory runs out. Lower Llama:MemoryBytes.",
        _ => "Its log has the reason.",
    };

    private TaskCompletionSource<Answer>? Take(long id)
    {
        lock (_gate)
            return _waiting.Remove(id, out var waiting) ? waiting : null;
    }
}

/// <summary>The process of a model is gone, and with it what it had not answered.</summary>
internal sealed class EngineProcessEndedException(string message) : Exception(message);
