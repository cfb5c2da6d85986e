using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Integration.Tests.Jobs.Hangfire;

/// <summary>A migrated database, and processes on it that enqueue and run jobs of the kind <c>work</c>.</summary>
internal sealed class HangfireWorld : IAsyncDisposable
{
    private readonly List<IHost> _hosts = [];

    private HangfireWorld(string database) => Database = database;

    public string Database { get; }

    /// <summary>What ran, in the order in which it began.</summary>
    public ConcurrentQueue<JobRequest> Ran { get; } = new();

    public Func<JobRequest, CancellationToken, Task> Work { get; set; } = (_, _) => Task.CompletedTask;

    public static async Task<HangfireWorld> CreateAsync(PostgresFixture postgres) => new(await postgres.MigratedDatabaseAsync());

    /// <param name="kinds">What it has handlers for; nothing is <c>work</c>.</param>
    public async Task<IJobQueue> StartAsync(bool serve, Action<JobOptions>? configure = null, params string[] kinds)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        var connection = new NpgsqlConnectionStringBuilder(Database) { MaxPoolSize = 15 }.ConnectionString;
        builder.Services.AddSparStorage(connection);
        builder.Services.AddSparJobs(connection, serve, options =>
        {
            (options.RetrySeconds, options.CheckinSeconds) = (0.3, 1);
            configure?.Invoke(options);
        });
        foreach (var kind in kinds.DefaultIfEmpty("work"))
            builder.Services.AddSingleton<IJobHandler>(new Handler(this, kind)).AddSingleton(new ServedKind(kind));
        var host = builder.Build();
        await host.StartAsync();
        _hosts.Add(host);
        return host.Services.GetRequiredService<IJobQueue>();
    }

    /// <summary>A process on some other database.</summary>
    public static async Task StartOnAsync(string database, bool serve, CancellationToken cancellationToken)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSparStorage(database).AddSparJobs(database, serve);
        using var host = builder.Build();
        await host.StartAsync(cancellationToken);
    }

    /// <returns>How many of Hangfire's jobs are in which state.</returns>
    public async Task<IReadOnlyDictionary<string, long>> StatesAsync()
    {
        await using var source = NpgsqlDataSource.Create(Database);
        await using var command = source.CreateCommand(
            "SELECT statename, count(*) FROM hangfire.job WHERE statename IS NOT NULL GROUP BY statename");
        await using var reader = await command.ExecuteReaderAsync();
        var states = new Dictionary<string, long>();
        while (await reader.ReadAsync())
            states.Add(reader.GetString(0), reader.GetInt64(1));
        return states;
    }

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
            await Task.Delay(50, late.Token);
    }

    public Task UntilRanAsync(int count) => UntilAsync(() => Task.FromResult(Ran.Count >= count));

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await host.StopAsync(soon.Token);
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }

    private sealed class Handler(HangfireWorld world, string kind) : IJobHandler
    {
        public string Kind => kind;

        public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
        {
            world.Ran.Enqueue(request);
            await world.Work(request, cancellationToken);
        }
    }
}
