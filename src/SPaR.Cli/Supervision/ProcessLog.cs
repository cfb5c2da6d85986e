namespace SPaR.Cli.Supervision;

/// <summary>The log of one process in a file; the previous log is in <c>.1</c>.</summary>
internal sealed class ProcessLog : IAsyncDisposable
{
    private const int TailLines = 8;

    private readonly Lock _lock = new();
    private readonly Queue<string> _tail = new();
    private readonly StreamWriter _writer;
    private readonly string _prefix;
    private readonly Action<string>? _echo;

    public ProcessLog(string folder, string name, Action<string>? echo)
    {
        Directory.CreateDirectory(folder);
        File = Path.Combine(folder, $"{name}.log");
        if (System.IO.File.Exists(File))
            System.IO.File.Move(File, File + ".1", overwrite: true);
        _writer = new(new FileStream(File, FileMode.Create, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        (_prefix, _echo) = ($"{name} | ", echo);
    }

    public string File { get; }

    /// <summary>The last lines.</summary>
    public string Tail
    {
        get
        {
            lock (_lock)
                return string.Join('\n', _tail);
        }
    }

    /// <summary>Copies every line of a stream until it ends.</summary>
    public async Task CopyAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                _writer.WriteLine(line);
                _tail.Enqueue(line);
                if (_tail.Count > TailLines)
                    _tail.Dequeue();
            }

            _echo?.Invoke(_prefix + line);
        }
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
