using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using SPaR.Cli.Postgres;
using SPaR.Cli.Supervision;

namespace SPaR.Benchmarks.Service;

/// <summary>A service of its own in a temporary folder: PostgreSQL, the API and a worker, as <c>spar up</c> starts them, with limits
/// that do not hold back what is measured.</summary>
internal sealed class ServiceUnderTest : IAsyncDisposable
{
    private readonly SparProcesses _processes;
    private readonly string _key, _psql;

    private ServiceUnderTest(string folder, SparProcesses processes, string key, string psql)
    {
        (Folder, _processes, _key, _psql) = (folder, processes, key, psql);
        Http = Connect(new SocketsHttpHandler());
    }

    public string Folder { get; }

    public string ModelsFolder => _processes.ModelsFolder;

    public HttpClient Http { get; }

    public static async Task<ServiceUnderTest> StartAsync(CancellationToken cancellationToken)
    {
        // With the server's programs, or on the path.
        var psql = Path.Combine((await PostgresBinaries.FindAsync(new(), null, cancellationToken)).Folder, "psql");
        psql = File.Exists(psql) ? psql : "psql";
        var folder = Directory.CreateTempSubdirectory("spar-bench-").FullName;
        // PostgreSQL runs as a user of its own if this is root.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        foreach (var (name, value) in new[] { ("Keys__MaxStreams", "10000"), ("Keys__RequestsPerMinute", "1000000") })
            Environment.SetEnvironmentVariable(name, value);
        var options = SparOptions.OfThisClone() with
        {
            Folder = folder,
            Url = "http://127.0.0.1:0",
            ConnectionString = null,
            ModelsFolder = null,
            Key = null,
        };
        try
        {
            var processes = await SparProcesses.StartAsync(options, Say, cancellationToken);
            return new(folder, processes, ServiceKey.Read(options)!, psql);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public static void Say(string line) => Console.Error.WriteLine(line);

    /// <param name="handler">Disposed with the client.</param>
    public HttpClient Connect(SocketsHttpHandler handler) => new(handler)
    {
        BaseAddress = new(_processes.Url),
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = new("Bearer", _key) },
    };

    public async Task<JsonNode> GetAsync(string address, CancellationToken cancellationToken) =>
        await ReadAsync(await Http.GetAsync(address, cancellationToken), cancellationToken);

    public async Task<JsonNode> PostAsync(string address, HttpContent? body, CancellationToken cancellationToken) =>
        await ReadAsync(await Http.PostAsync(address, body, cancellationToken), cancellationToken);

    public Task<JsonNode> PostAsync(string address, JsonObject body, CancellationToken cancellationToken) =>
        PostAsync(address, JsonContent.Create(body), cancellationToken);

    /// <returns>The first value of the result, if there is one.</returns>
    public async Task<object?> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection($"{_processes.ConnectionString};Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Runs a command of psql.</summary>
    public async Task PsqlAsync(string command, CancellationToken cancellationToken)
    {
        var database = new NpgsqlConnectionStringBuilder(_processes.ConnectionString);
        var start = new ProcessStartInfo(_psql, ["-qX", "-v", "ON_ERROR_STOP=1", "-c", command]);
        start.Environment["PGHOST"] = database.Host;
        start.Environment["PGPORT"] = $"{database.Port}";
        start.Environment["PGUSER"] = database.Username;
        start.Environment["PGPASSWORD"] = database.Password;
        start.Environment["PGDATABASE"] = database.Database;
        using var psql = Process.Start(start)!;
        await psql.WaitForExitAsync(cancellationToken);
        if (psql.ExitCode != 0)
            throw new SupervisionException($"psql ended with {psql.ExitCode}; see above.");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _processes.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            if (response.IsSuccessStatusCode)
                return (await response.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))!;
            throw new SupervisionException(
                $"{response.RequestMessage!.RequestUri} answered {(int)response.StatusCode}: "
                + await response.Content.ReadAsStringAsync(cancellationToken));
        }
    }
}
