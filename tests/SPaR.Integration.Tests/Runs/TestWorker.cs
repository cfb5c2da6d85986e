using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SPaR.Integration.Tests.Jobs;
using SPaR.Service.Jobs;
using SPaR.Service.Models;
using SPaR.Service.Storage;
using SPaR.Service.Worker;

namespace SPaR.Integration.Tests.Runs;

/// <summary>A worker as a process would be one: its own services, real jobs, leases and method, a scripted engine.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly CutLine? _line;
    private readonly LoggedErrors _errors;

    private TestWorker(IHost host, CutLine? line, ItemEngine engine, LoggedErrors errors) =>
        (_host, _line, Engine, _errors) = (host, line, engine, errors);

    public ItemEngine Engine { get; }

    /// <summary>What its items failed of, among others.</summary>
    public IEnumerable<Exception> Errors => _errors.Seen;

    /// <param name="before">Awaited before an item's answers are sampled, and before each of its refinements.</param>
    /// <param name="line">What it reaches the database through; cutting it is as good as killing the worker.</param>
    public static async Task<TestWorker> StartAsync(
        RunWorld world, Func<ItemRequest, CancellationToken, Task>? before = null, CutLine? line = null,
        params (string Key, string Value)[] settings)
    {
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(world.ConnectionString) { MaxPoolSize = 20, Timeout = 5 };
        connection.Port = line?.Port ?? connection.Port;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
        [
            new("Worker:InFlight", "4"), new("Worker:LeaseSeconds", "3"),
        ]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)));
        var (engine, errors) = (new ItemEngine(), new LoggedErrors());
        if (before is not null)
            engine.Before = before;
        builder.Logging.AddProvider(errors);
        builder.Services.AddSingleton<ITextEngine>(engine);
        builder.Services.Configure<ModelsOptions>(models => models.Folder = Path.GetDirectoryName(world.ModelFile)!);
        builder.Services.AddSparStorage(connection.ConnectionString);
        builder.Services.AddSparJobs(connection.ConnectionString, serve: true, options =>
        {
            (options.CheckinSeconds, options.RetrySeconds) = (1, 0.5);
            builder.Configuration.GetSection("Jobs").Bind(options);
        });
        builder.Services.AddSparWorker(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync();
        return new(host, line, engine, errors);
    }

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(_line is null ? 30 : 0.5));
        try
        {
            await _host.StopAsync(soon.Token);
        }
        catch (OperationCanceledException) when (_line is not null)
        {
            // Cut off from the database it cannot stop in time; it is disposed of like a killed one.
        }

        if (_host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }

    private sealed class LoggedErrors : ILoggerProvider, ILogger
    {
        public ConcurrentBag<Exception> Seen { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not null)
                Seen.Add(exception);
        }

        public void Dispose()
        {
        }
    }
}
