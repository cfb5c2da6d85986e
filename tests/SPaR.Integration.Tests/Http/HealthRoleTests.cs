using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SPaR.Host;
using SPaR.Integration.Tests.Llama.Processes;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Http;

/// <summary>A container's health check: a process of its own with the service's environment.</summary>
public sealed class HealthRoleTests(PostgresFixture postgres) : IDisposable
{
    private static readonly (string Name, string Value) Worker = ("Role", "worker");

    private readonly string _folder = Directory.CreateTempSubdirectory("spar-health-").FullName;

    private string File => Path.Combine(_folder, "health");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_api_is_healthy_while_it_is_ready()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var url = service.Client.BaseAddress!.ToString();

        (await CheckAsync(("Role", "api"), ("Urls", url))).ShouldBe((0, "ready"));
        (await CheckAsync(("Role", "api"), ("Urls", "http://127.0.0.1:1"))).Said.ShouldContain("http://127.0.0.1:1/ does not answer");
    }

    [Fact]
    public async Task An_api_without_its_database_is_unhealthy()
    {
        var database = await postgres.MigratedDatabaseAsync();
        await using var service = await HttpService.StartAsync(database);
        await DropAsync(database);

        var (code, said) = await CheckAsync(("Role", "all"), ("Urls", service.Client.BaseAddress!.ToString()));

        code.ShouldBe(1);
        said.ShouldContain("ConnectionStrings:Spar");
    }

    [Fact]
    public async Task A_worker_writes_its_health_to_its_file()
    {
        var (code, said) = await CheckAsync(Worker, ("Health__File", File));
        code.ShouldBe(1);
        said.ShouldContain(File);
        (await CheckAsync(Worker)).Said.ShouldContain("Health:File");
        await using (var worker = ServiceHost.Build(
            [
                "--role=worker", $"--ConnectionStrings:Spar={await postgres.MigratedDatabaseAsync()}", $"--Models:Folder={_folder}",
                $"--Health:File={File}", "--Logging:LogLevel:Default=None",
                .. ProcessEngines.Host.Select((part, i) => $"--Llama:Command:{i}={part}"),
            ]))
        {
            await worker.StartAsync();
            await Wait.UntilAsync(async () => await CheckAsync(Worker, ("Health__File", File)) == (0, "ready"));
            await worker.StopAsync();
        }

        System.IO.File.SetLastWriteTimeUtc(File, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-2));
        (await CheckAsync(Worker, ("Health__File", File))).Said.ShouldContain(" 12");
    }

    [Fact]
    public async Task A_worker_without_its_database_is_unhealthy()
    {
        await using var services = new ServiceCollection().AddSparStorage("Host=127.0.0.1;Port=1;Database=spar").BuildServiceProvider();
        using var heartbeat = new Heartbeat(services.GetRequiredService<ReservedDatabase>(), File, TimeProvider.System);
        await heartbeat.StartAsync(TestContext.Current.CancellationToken);

        await Wait.UntilAsync(async () =>
            await CheckAsync(Worker, ("Health__File", File)) is (1, var said) && said.Contains("PostgreSQL", StringComparison.Ordinal));
        await heartbeat.StopAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<(int Code, string Said)> CheckAsync(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "health"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, (output + await error).Trim());
    }

    private static async Task DropAsync(string database)
    {
        var place = new NpgsqlConnectionStringBuilder(database);
        var name = place.Database;
        place.Database = "postgres";
        await using var connection = new NpgsqlConnection(place.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"DROP DATABASE {name} WITH (FORCE)", connection);
        await command.ExecuteNonQueryAsync();
    }
}
