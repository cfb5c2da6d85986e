using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SPaR.Cli.Postgres;
using SPaR.Integration.Tests;
using SPaR.Service.Jobs;
using SPaR.Service.Storage;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace SPaR.Integration.Tests;

/// <summary>One private PostgreSQL per test run. Each test that asks gets a database with the whole schema, copied from a template.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-tests-").FullName;
    private readonly SemaphoreSlim _copying = new(1);
    private EmbeddedPostgres? _postgres;
    private int _databases;

    public async ValueTask InitializeAsync()
    {
        // Several tests at a time, each with services that have pools of their own.
        _postgres = await EmbeddedPostgres.StartAsync(
            _folder, new() { FastUnsafe = true, MaxConnections = 500 }, _ => { }, CancellationToken.None);
        var template = await EmptyDatabaseAsync("template_spar");
        await MigrateAsync(template);
        await using var keys = new KeyLock(template);
        await using var jobs = new JobDatabase(template, new(), keys);
        await jobs.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _copying.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <returns>The connection string of a fresh, migrated database.</returns>
    public Task<string> MigratedDatabaseAsync() => CreateAsync(null, " TEMPLATE template_spar");

    public Task<string> EmptyDatabaseAsync(string? name = null) => CreateAsync(name, "");

    public static async Task MigrateAsync(string connectionString)
    {
        await using var services = new ServiceCollection().AddSparStorage(connectionString).BuildServiceProvider();
        await using var db = await services.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        await SchemaMigration.MigrateAsync(db);
    }

    private async Task<string> CreateAsync(string? name, string suffix)
    {
        name ??= $"test_{Interlocked.Increment(ref _databases)}";
        // A template with a second session on it cannot be copied.
        await _copying.WaitAsync();
        try
        {
            await using var connection = new NpgsqlConnection(_postgres!.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"CREATE DATABASE {name}{suffix}", connection);
            await command.ExecuteNonQueryAsync();
        }
        finally
        {
            _copying.Release();
        }

        return new NpgsqlConnectionStringBuilder(_postgres.ConnectionString) { Database = name }.ConnectionString;
    }
}
