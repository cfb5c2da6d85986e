using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using SPaR.Cli.Processes;

namespace SPaR.Cli.Postgres;

/// <summary>A private PostgreSQL cluster in a folder: created on first use, on loopback only, ends with the process that started it.
/// Knows no tables.</summary>
/// <remarks>The holder of <c>owner.lock</c> stops the server at the end. If the lock is held at the start, the running server is joined
/// and never stopped; if a server runs without an owner (its starter was killed), it is taken over.</remarks>
internal sealed class EmbeddedPostgres : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly PostgresOptions _options;
    private readonly PostgresAccount _account;
    private readonly Action<string> _say;
    private FileStream? _ownership;
    private PostgresBinaries? _binaries;
    private Process? _process;

    private EmbeddedPostgres(PostgresOptions options, PostgresAccount account, Action<string> say) =>
        (_options, _account, _say) = (options, account, say);

    /// <summary>For Npgsql, to the database <c>spar</c>.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>The server's process id.</summary>
    public int Pid { get; private set; }

    public int Port { get; private set; }

    /// <summary>Holds <c>data</c>, <c>password</c>, <c>port</c>, <c>postgres.log</c>.</summary>
    public string Folder => _account.Folder;

    private string Data => Path.Combine(Folder, "data");

    private string LogFile => Path.Combine(Folder, "postgres.log");

    /// <summary>Starts the cluster of this folder, or joins the one that is running.</summary>
    /// <param name="folder">Created if missing; one cluster per folder.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="say">Receives the lines for the user.</param>
    /// <exception cref="PostgresUnavailableException">It cannot run; the message says what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        string folder, PostgresOptions? options, Action<string> say, CancellationToken cancellationToken)
    {
        options ??= new();
        var postgres = new EmbeddedPostgres(options, await PostgresAccount.PrepareAsync(folder, say, cancellationToken), say);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.StartTimeout);
        try
        {
            while (!await postgres.TryOwnAsync(timeout.Token) && !postgres.TryJoin())
                await Task.Delay(Poll, timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await postgres.DisposeAsync();
            throw new PostgresUnavailableException($"PostgreSQL was not ready after {options.StartTimeout}. {postgres.LogTail()}");
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }

        return postgres;
    }

    /// <summary>Completes when the server's process has ended.</summary>
    public async Task WaitForExitAsync(CancellationToken cancellationToken)
    {
        while (Postmaster.Read(Data)?.Pid == Pid)
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
    }

    /// <summary>Stops the server (a fast shutdown: open transactions are rolled back), unless another process owns it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_ownership is null)
            return;
        if (_binaries is not null && Postmaster.Read(Data) is not null)
            await StopAsync();
        _process?.Dispose();
        await _ownership.DisposeAsync();
        _ownership = null;
    }

    private async Task<bool> TryOwnAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The operating system releases the lock when its process ends, however that happens.
            _ownership = new(Path.Combine(Folder, "owner.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException)
        {
            throw new PostgresUnavailableException(
                $"{Folder} belongs to another user. Start SPaR as that user, or delete the folder with its data.");
        }
        catch (IOException)
        {
            return false;
        }

        var exists = File.Exists(Path.Combine(Data, "PG_VERSION"));
        _binaries = await PostgresBinaries.FindAsync(_options, exists ? ReadMajor() : null, cancellationToken);
        if (!exists)
            await CreateClusterAsync(cancellationToken);

        var running = Postmaster.Read(Data);
        if (running is not null)
            _say($"PostgreSQL is already running (process {running.Pid}); taking it over.");
        if (running is null || !await WaitUntilReadyAsync(cancellationToken))
            await StartServerAsync(cancellationToken);

        return true;
    }

    private bool TryJoin()
    {
        if (Postmaster.Read(Data) is not { Ready: true } running || !File.Exists(Path.Combine(Folder, "password")))
            return false;
        Connect(running);
        _say($"PostgreSQL is already running on port {running.Port}; using it.");
        return true;
    }

    private int ReadMajor() => int.Parse(File.ReadAllText(Path.Combine(Data, "PG_VERSION")), CultureInfo.InvariantCulture);

    /// <summary>Creates the cluster in a temporary folder and renames it when it is complete, so that a crash leaves nothing that looks
    /// finished.</summary>
    private async Task CreateClusterAsync(CancellationToken cancellationToken)
    {
        _say($"Creating a PostgreSQL {_binaries!.Major} cluster in {Folder}.");
        const string script = """
            set -e
            umask 077
            cd "$1"
            rm -rf new
            cat > password
            "$2" --pgdata=new --username=spar --pwfile=password --auth=scram-sha-256 --encoding=UTF8 --locale=C $4
            echo 'CREATE DATABASE spar' | "$3" --single -D new -c log_checkpoints=off postgres
            rm -rf data
            mv new data
            """;
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var (exitCode, output) = await Tool.RunAsync(
            _account.Command(
                "sh", "-c", script, "sh", Folder, _binaries.Initdb, _binaries.Postgres, _options.FastUnsafe ? "--no-sync" : ""),
            password, cancellationToken);
        if (exitCode != 0)
            throw new PostgresUnavailableException($"initdb failed in {Folder}: {output} Put that right and start again.");
    }

    private async Task StartServerAsync(CancellationToken cancellationToken)
    {
        // The last backends of a killed server can hold its shared memory for a moment; until then the server refuses to start.
        for (var attempt = 1; ; attempt++)
        {
            Postmaster.RemoveStale(Data);
            var port = ChoosePort();
            _process?.Dispose();
            _process = await Children.StartAsync(ServerCommand(port), "INT", _account.Setpriv);
            if (await WaitUntilReadyAsync(cancellationToken))
                return;
            if (attempt == 20)
                throw new PostgresUnavailableException($"PostgreSQL does not start. Put right what its log says. {LogTail()}");
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        }
    }

    private ProcessStartInfo ServerCommand(int port)
    {
        string[] settings =
        [
            "listen_addresses=127.0.0.1", "unix_socket_directories=", $"port={port}", "log_checkpoints=off", "logging_collector=off",
            .. _options.MaxConnections is { } connections ? [$"max_connections={connections}"] : Array.Empty<string>(),
            .. _options.FastUnsafe ? ["fsync=off", "full_page_writes=off"] : Array.Empty<string>(),
        ];
        // The shell keeps the previous log and then becomes the server, under the same process id.
        return new("sh",
        [
            "-c", """log=$1; shift; mv -f "$log" "$log.1" 2>/dev/null; exec "$@" </dev/null >"$log" 2>&1""", "sh", LogFile,
            _binaries!.Postgres, "-D", Data, .. settings.SelectMany(s => new[] { "-c", s }),
        ])
        { WorkingDirectory = "/" };
    }

    /// <returns>False if the server ended instead.</returns>
    private async Task<bool> WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Postmaster.Read(Data) is { Ready: true } running)
            {
                Connect(running);
                return true;
            }

            if (_process is null ? Postmaster.Read(Data) is null : _process.HasExited)
                return false;
            await Task.Delay(Poll, cancellationToken);
        }
    }

    private void Connect(Postmaster running)
    {
        var password = File.ReadAllText(Path.Combine(Folder, "password"));
        (Pid, Port) = (running.Pid, running.Port);
        ConnectionString = $"Host=127.0.0.1;Port={running.Port};Username=spar;Password={password};Database=spar";
    }

    /// <summary>The port of the last start, so that what was configured with it still works; another if it is taken.</summary>
    private int ChoosePort()
    {
        var file = Path.Combine(Folder, "port");
        var last = File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var port) ? port : 0;
        var chosen = Ports.Free(IPAddress.Loopback, last) ?? Ports.Free(IPAddress.Loopback, 0)!.Value;
        if (chosen != last)
            File.WriteAllText(file, chosen.ToString(CultureInfo.InvariantCulture));
        if (last != 0 && chosen != last)
            _say($"Port {last} is taken by another program; PostgreSQL moves to {chosen}.");
        return chosen;
    }

    private async Task StopAsync()
    {
        foreach (var mode in (string[])["fast", "immediate"])
        {
            var (exitCode, output) = await Tool.RunAsync(
                _account.Command(_binaries!.Control, "stop", "-D", Data, "-m", mode, "-w", "-t", "30"), null, CancellationToken.None);
            if (exitCode == 0 || Postmaster.Read(Data) is null)
                return;
            _say($"PostgreSQL did not stop (mode {mode}): {output}");
        }
    }

    private string LogTail() => File.Exists(LogFile)
        ? $"The end of {LogFile}:\n{string.Join('\n', File.ReadLines(LogFile).TakeLast(5))}"
        : $"There is no {LogFile}.";
}
