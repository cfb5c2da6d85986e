using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SPaR.Integration.Tests;
using SPaR.Storage;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace SPaR.Integration.Tests;

/// <summary>One private PostgreSQL per test run, and in it a migrated database for whoever asks, copied from a template.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private const string Binaries = "/usr/lib/postgresql/15/bin";
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-tests-").FullName;
    private readonly SemaphoreSlim _copying = new(1);
    private int _databases;

    public string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var port = FreePort();
        var data = Path.Combine(_folder, "data");
        if (Environment.IsPrivilegedProcess)
            Run("chown", "postgres", _folder);
        RunUnprivileged($"{Binaries}/initdb", "-D", data, "-U", "spar", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync");
        RunUnprivileged(
            $"{Binaries}/pg_ctl", "-D", data, "-w", "-l", Path.Combine(_folder, "log"), "-o",
            $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200",
            "start");
        ConnectionString = $"Host=127.0.0.1;Port={port};Username=spar;Database=postgres";
        var template = await EmptyDatabaseAsync("template_spar");
        await MigrateAsync(template);
    }

    public ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        RunUnprivileged($"{Binaries}/pg_ctl", "-D", Path.Combine(_folder, "data"), "-m", "immediate", "-w", "stop");
        Directory.Delete(_folder, recursive: true);
        _copying.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <returns>The connection string of a fresh, migrated database.</returns>
    public Task<string> MigratedDatabaseAsync() => CreateAsync(null, " TEMPLATE template_spar");

    public Task<string> EmptyDatabaseAsync(string? name = null) => CreateAsync(name, "");

    public static async Task MigrateAsync(string connectionString)
    {
        await using var services = new ServiceCollection().AddSparStorage(connectionString).BuildServiceProvider();
        await using var db = await services.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        await db.Database.MigrateAsync();
    }

    private async Task<string> CreateAsync(string? name, string suffix)
    {
        name ??= $"test_{Interlocked.Increment(ref _databases)}";
        await _copying.WaitAsync();
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"CREATE DATABASE {name}{suffix}", connection);
            await command.ExecuteNonQueryAsync();
        }
        finally
        {
            _copying.Release();
        }

        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void RunUnprivileged(string program, params string[] arguments)
    {
        if (Environment.IsPrivilegedProcess)
            Run("runuser", ["-u", "postgres", "--", program, .. arguments]);
        else
            Run(program, arguments);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = "/tmp" })!;
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}");
    }
}
