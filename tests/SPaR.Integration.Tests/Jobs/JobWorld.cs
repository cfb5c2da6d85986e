using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SPaR.Service.Jobs;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Jobs;

/// <summary>A migrated database, and hosts on it that enqueue and run jobs. A host that does not check in for three seconds is dead to
/// the others.</summary>
internal sealed class JobWorld : IAsyncDisposable
{
    private readonly List<(IHost Host, CutLine? Line)> _hosts = [];

    private readonly NpgsqlDataSource _source;

    private JobWorld(string database) => (Database, _source) = (database, NpgsqlDataSource.Create(database));

    public string Database { get; }

    /// <summary>What ran, in the order in which it started.</summary>
    public ConcurrentQueue<JobRequest> Ran { get; } = new();

    public Func<JobRequest, CancellationToken, Task> Work { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>How far every subject has come.</summary>
    public long Progress { get; set; }

    /// <summary>The subjects that failed, and why.</summary>
    public ConcurrentQueue<FailedSubject> Failed { get; } = new();

    public static async Task<JobWorld> CreateAsync(PostgresFixture postgres) => On(await postgres.MigratedDatabaseAsync());

    public static JobWorld On(string database) => new(database);

    /// <param name="line">Its connection to the database; null: a direct one.</param>
    /// <param name="kinds">The kinds it has handlers for; <c>work</c> by default.</param>
    public async Task<IJobQueue> StartAsync(
        bool serve, Action<JobOptions>? configure = null, CutLine? line = null, params string[] kinds)
    {
        var database = new NpgsqlConnectionStringBuilder(Database) { MaxPoolSize = 15 };
        database.Port = line?.Port ?? database.Port;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSparStorage(database.ConnectionString);
        builder.Services.AddSparJobs(database.ConnectionString, serve, options =>
        {
            (options.RetrySeconds, options.CheckinSeconds) = (0.3, 1);
            configure?.Invoke(options);
        });
        foreach (var kind in kinds.DefaultIfEmpty("work"))
            builder.Services.AddSingleton<IJobHandler>(new Handler(this, kind)).AddSingleton(new ServedKind(kind));
        var host = builder.Build();
        _hosts.Add((host, line));
        await host.StartAsync();
        return host.Services.GetRequiredService<IJobQueue>();
    }

    /// <summary>Stops all hosts.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(_hosts.Select(h => StopAsync(h.Host, h.Line)));
        _hosts.Clear();
    }

    /// <returns>The number of Hangfire's jobs by state.</returns>
    public async Task<IReadOnlyDictionary<string, long>> StatesAsync()
    {
        await using var command = _source.CreateCommand(
            "SELECT statename, count(*) FROM hangfire.job WHERE statename IS NOT NULL GROUP BY statename");
        await using var reader = await command.ExecuteReaderAsync();
        var states = new Dictionary<string, long>();
        while (await reader.ReadAsync())
            states.Add(reader.GetString(0), reader.GetInt64(1));
        return states;
    }

    /// <returns>When a worker last claimed the only job, or extended its claim.</returns>
    public async Task<DateTime> ClaimedAtAsync()
    {
        await using var command = _source.CreateCommand("SELECT fetchedat FROM hangfire.jobqueue");
        return (DateTime)(await command.ExecuteScalarAsync())!;
    }

    /// <returns>How many jobs are claimed or waiting for a worker.</returns>
    public async Task<long> QueuedAsync()
    {
        await using var command = _source.CreateCommand("SELECT count(*) FROM hangfire.jobqueue");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public Task UntilRanAsync(int count) => Wait.UntilAsync(() => Ran.Count >= count, awaited: $"{count} runs");

    public Task UntilStateAsync(string state) =>
        Wait.UntilAsync(async () => (await StatesAsync()).ContainsKey(state), awaited: $"a job in the state {state}");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _source.DisposeAsync();
    }

    private static async Task StopAsync(IHost host, CutLine? line)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(line is null ? 30 : 0.5));
        try
        {
            await host.StopAsync(soon.Token);
        }
        catch (OperationCanceledException) when (line is not null)
        {
            // Cut off from the database it cannot stop in time; it is disposed of like a killed one.
        }

        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private sealed class Handler(JobWorld world, string kind) : IJobHandler
    {
        public string Kind => kind;

        public Task<JobProgress?> ProgressAsync(string key, CancellationToken cancellationToken) =>
            Task.FromResult(world.Failed.Any(f => f.Key == key) ? null : new JobProgress(world.Progress));

        public Task FailAsync(string key, string code, string message, CancellationToken cancellationToken)
        {
            world.Failed.Enqueue(new(key, code, message));
            return Task.CompletedTask;
        }

        public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
        {
            world.Ran.Enqueue(request);
            await world.Work(request, cancellationToken);
        }
    }
}

internal sealed record FailedSubject(string Key, string Code, string Message);
