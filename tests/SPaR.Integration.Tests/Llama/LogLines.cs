using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SPaR.Integration.Tests.Llama;

/// <summary>Captures what a model logs, without llama.cpp's own lines.</summary>
internal sealed class LogLines : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public int Count(string start) => _lines.Count(l => l.StartsWith(start, StringComparison.Ordinal));

    public string Single(string start) => _lines.Single(l => l.StartsWith(start, StringComparison.Ordinal));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));
}
