using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using SPaR.Cli.Postgres;
using SPaR.Cli.Processes;

namespace SPaR.Cli.Supervision;

/// <summary>The running service: PostgreSQL, one API process and one worker process. Each is restarted when it ends. A native abort ends
/// a worker only; the API and the database keep running.</summary>
internal sealed class SparProcesses : IAsyncDisposable
{
    private const int MostDeaths = 3;

    private readonly SparOptions _options;
    private readonly Action<string> _say;
    private readonly FileStream _lock;

    // Another program may take the port before our host starts: only a response with this id is our API's.
    private readonly string _instance = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<SupervisedProcess> _processes = [];
    private EmbeddedPostgres? _postgres;
    private Task _keepingPostgres = Task.CompletedTask;

    private SparProcesses(SparOptions options, Action<string> say)
    {
        (_options, _say) = (options, say);
        ModelsFolder = options.ModelsFolder ?? Path.Combine(options.Folder, "models");
        Directory.CreateDirectory(ModelsFolder);
        _lock = Lock();
        Url = ChooseUrl();
        File.WriteAllText(_options.UrlFile, Url);
    }

    /// <summary>Where the API listens.</summary>
    public string Url { get; }

    public string ModelsFolder { get; }

    public string ConnectionString { get; private set; } = "";

    /// <summary>Starts everything and returns when the API is ready.</summary>
    /// <param name="say">Receives the lines for the user.</param>
    /// <exception cref="SupervisionException">The folder is in use, or the service does not become ready.</exception>
    /// <exception cref="PostgresUnavailableException">PostgreSQL cannot run.</exception>
    public static async Task<SparProcesses> StartAsync(SparOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        var spar = new SparProcesses(options, say);
        try
        {
            await spar.StartAsync(cancellationToken);
            return spar;
        }
        catch
        {
            await spar.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the processes, then the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keepingPostgres;
        await Task.WhenAll(_processes.Select(p => p.DisposeAsync().AsTask()));
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        File.Delete(_options.UrlFile);
        await _lock.DisposeAsync();
        _stop.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.ConnectionString is { } given)
        {
            ConnectionString = given;
        }
        else
        {
            await StartPostgresAsync(cancellationToken);
            _keepingPostgres = KeepPostgresRunningAsync();
        }

        foreach (var role in (string[])["api", "worker"])
            _processes.Add(new(role, () => HostCommand(role), _options, _say));
        await WaitUntilReadyAsync(cancellationToken);
    }

    private async Task StartPostgresAsync(CancellationToken cancellationToken)
    {
        _postgres = await EmbeddedPostgres.StartAsync(
            Path.Combine(_options.Folder, "postgres"), _options.Postgres, _say, cancellationToken);
        ConnectionString = _postgres.ConnectionString;
    }

    private async Task KeepPostgresRunningAsync()
    {
        try
        {
            while (true)
            {
                await _postgres!.WaitForExitAsync(_stop.Token);
                _say("PostgreSQL has ended; restarting it.");
                var before = ConnectionString;
                await _postgres.DisposeAsync();
                await StartPostgresAsync(_stop.Token);
                if (ConnectionString != before)
                    _processes.ForEach(p => p.Restart());
            }
        }
        catch (OperationCanceledException)
        {
            // The service is stopping, and the database stops last.
        }
        catch (PostgresUnavailableException e)
        {
            _say($"PostgreSQL cannot be restarted. Put this right, then stop and start SPaR: {e.Message}");
        }
    }

    private ProcessStartInfo HostCommand(string role)
    {
        var start = new ProcessStartInfo(_options.Host[0], [.. _options.Host.Skip(1), "--role", role]);
        start.Environment["ConnectionStrings__Spar"] = ConnectionString;
        start.Environment["Models__Folder"] = ModelsFolder;
        start.Environment["Urls"] = Url;
        start.Environment["Instance"] = _instance;
        start.Environment["Keys__File"] = _options.KeyFile;
        if (_options.Open)
            start.Environment["Keys__Open"] = "true";
        return start;
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(http, cancellationToken))
        {
            if (_processes.Find(p => p.Deaths >= MostDeaths) is { } dying)
                throw new SupervisionException($"A process of SPaR dies at every start. Put right what its log says. {dying.LogTail}");
            if (Stopwatch.GetElapsedTime(started) > _options.ReadyTimeout)
                throw new SupervisionException($"SPaR was not ready after {_options.ReadyTimeout}. {_processes[0].LogTail}");
            await Task.Delay(200, cancellationToken);
        }
    }

    private async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri($"{Url}/health/ready"), cancellationToken);
            return answer.IsSuccessStatusCode
                && (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).TryGetProperty("instance", out var instance)
                && instance.GetString() == _instance;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It does not listen or respond yet.
            return false;
        }
    }

    /// <summary>Two supervisors of one folder would fight over its database, port and logs.</summary>
    private FileStream Lock()
    {
        try
        {
            return new(Path.Combine(_options.Folder, "supervisor.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new SupervisionException(
                $"SPaR is already running from {_options.Folder}, at {_options.RunningUrl}. Use it, or stop it with Ctrl-C first.");
        }
    }

    private string ChooseUrl()
    {
        var wanted = new Uri(_options.Url);
        // Whether a name is acceptable is for the host to decide.
        if (!IPAddress.TryParse(wanted.Host.Trim('[', ']'), out var address))
            address = IPAddress.Loopback;
        if (wanted.Port != 0 && Ports.Free(address, wanted.Port) is not null)
            return _options.Url.TrimEnd('/');
        var url = new UriBuilder(wanted) { Port = Ports.Free(address, 0)!.Value }.Uri.ToString().TrimEnd('/');
        if (wanted.Port != 0)
            _say($"Port {wanted.Port} is taken by another program; SPaR listens on {url}.");
        return url;
    }
}
