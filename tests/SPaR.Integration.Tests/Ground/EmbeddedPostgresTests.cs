using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Npgsql;
using SPaR.Cli.Postgres;

namespace SPaR.Integration.Tests.Ground;

[SupportedOSPlatform("linux")]
public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar ground ");
    private readonly List<string> _said = [];

    public EmbeddedPostgresTests()
    {
        // A folder that the server's user can enter, like an ordinary clone.
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
    }

    private string Cluster => Path.Combine(_folder.FullName, "postgres");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_first_start_creates_a_cluster_that_answers_on_loopback_with_a_password()
    {
        await using var postgres = await StartAsync();

        (await AskAsync(postgres, "SELECT current_database() || current_setting('server_encoding')")).ShouldBe("sparUTF8");
        (await AskAsync(postgres, "SHOW listen_addresses")).ShouldBe("127.0.0.1");
        (await AskAsync(postgres, "SHOW unix_socket_directories")).ShouldBe("");
        (await AskAsync(postgres, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'")).ShouldBe("0");
        File.GetUnixFileMode(Path.Combine(postgres.Folder, "password")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var wrong = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "guess", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        (await Should.ThrowAsync<PostgresException>(connection.OpenAsync())).SqlState.ShouldBe("28P01");
    }

    [Fact]
    public async Task A_stop_and_a_restart_keep_the_data_and_the_port()
    {
        int port, pid;
        await using (var postgres = await StartAsync())
        {
            (port, pid) = (postgres.Port, postgres.Pid);
            await AskAsync(postgres, "CREATE TABLE kept AS SELECT 7 AS n");
        }

        Directory.Exists($"/proc/{pid}").ShouldBeFalse();
        await using var again = await StartAsync();
        again.Port.ShouldBe(port);
        (await AskAsync(again, "SELECT n FROM kept")).ShouldBe("7");
    }

    [Fact]
    public async Task A_killed_server_recovers_at_the_next_start()
    {
        var first = await StartAsync();
        await AskAsync(first, "CREATE TABLE kept AS SELECT 7 AS n");
        Process.GetProcessById(first.Pid).Kill();
        await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        await first.DisposeAsync();

        await using var again = await StartAsync();
        again.Pid.ShouldNotBe(first.Pid);
        (await AskAsync(again, "SELECT n FROM kept")).ShouldBe("7");
    }

    [Fact]
    public async Task A_second_start_uses_the_running_server_and_leaves_it_running()
    {
        await using var first = await StartAsync();
        await using (var second = await StartAsync())
            second.ConnectionString.ShouldBe(first.ConnectionString);
        (await AskAsync(first, "SELECT 1")).ShouldBe("1");
        _said.ShouldContain(line => line.Contains($"already running on port {first.Port};"));
    }

    [Fact]
    public async Task Two_first_starts_at_once_share_one_server()
    {
        var both = await Task.WhenAll(StartAsync(), StartAsync());
        both[0].Pid.ShouldBe(both[1].Pid);
        foreach (var postgres in both)
            await postgres.DisposeAsync();
        Directory.Exists($"/proc/{both[0].Pid}").ShouldBeFalse();
    }

    [Fact]
    public async Task A_taken_port_is_left_alone_and_another_is_reported()
    {
        var first = await StartAsync();
        await first.DisposeAsync();
        using var foreigner = new TcpListener(IPAddress.Loopback, first.Port);
        foreigner.Start();

        await using var again = await StartAsync();
        again.Port.ShouldNotBe(first.Port);
        _said.ShouldContain(line => line.Contains($"{first.Port}") && line.Contains($"{again.Port}"));
    }

    [Fact]
    public async Task A_stale_process_file_whose_id_is_in_use_again_does_not_prevent_a_start()
    {
        var first = await StartAsync();
        await first.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(first.Folder, "data", "postmaster.pid"), $"{Environment.ProcessId}\n");

        await using var again = await StartAsync();
        (await AskAsync(again, "SELECT 1")).ShouldBe("1");
    }

    [Fact]
    public async Task Missing_programs_are_reported_with_the_command_that_installs_them()
    {
        var options = new PostgresOptions { BinaryFolders = [_folder.FullName] };
        var error = await Should.ThrowAsync<PostgresUnavailableException>(
            EmbeddedPostgres.StartAsync(Cluster, options, _said.Add, TestContext.Current.CancellationToken));
        error.Message.ShouldContain("./spar setup");
        error.Message.ShouldContain("apt-get install postgresql-15");
    }

    [Fact]
    public async Task Data_of_another_version_is_refused_by_name()
    {
        var first = await StartAsync();
        await first.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(first.Folder, "data", "PG_VERSION"), "14\n");

        var error = await Should.ThrowAsync<PostgresUnavailableException>(StartAsync());
        error.Message.ShouldContain("apt-get install postgresql-14");
    }

    private Task<EmbeddedPostgres> StartAsync() =>
        EmbeddedPostgres.StartAsync(Cluster, new() { FastUnsafe = true }, _said.Add, TestContext.Current.CancellationToken);

    private static async Task<string?> AskAsync(EmbeddedPostgres postgres, string sql)
    {
        var settings = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))?.ToString();
    }
}
