using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SPaR.Cli.Supervision;

namespace SPaR.Integration.Tests.Ground;

/// <summary>Supervision of <c>SPaR.FakeHost</c>; <c>UpTests</c> runs the real host.</summary>
[SupportedOSPlatform("linux")]
public sealed class SparProcessesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar supervision ");
    private readonly List<string> _said = [];

    public SparProcessesTests()
    {
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        File.WriteAllText(HostFile("ready"), "");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Both_roles_get_their_settings_and_stop_when_told()
    {
        int api, worker;
        await using (var spar = await StartAsync(Options()))
        {
            (api, worker) = (await PidAsync("api"), await PidAsync("worker"));
            Log("api").ShouldContain($"Host=elsewhere {spar.ModelsFolder}");
            spar.ModelsFolder.ShouldBe(Path.Combine(_folder.FullName, "models"));
            IsRunning(api).ShouldBeTrue();
        }

        Log("api").ShouldContain("api stops");
        Log("worker").ShouldContain("worker stops");
        IsRunning(api).ShouldBeFalse();
        IsRunning(worker).ShouldBeFalse();
    }

    [Fact]
    public async Task A_killed_worker_is_reported_and_restarted_while_the_api_stays()
    {
        await using var spar = await StartAsync(Options());
        var (api, worker) = (await PidAsync("api"), await PidAsync("worker"));
        Process.GetProcessById(worker).Kill();

        await Wait.UntilAsync(() => Pids("worker").Length == 2);
        Pids("api").ShouldBe([api]);
        _said.ShouldContain(line => line.StartsWith("worker was killed by signal 9; restarting in 0.05 s."));
    }

    [Fact]
    public async Task A_host_that_dies_at_every_start_is_given_up_with_the_end_of_its_log()
    {
        await File.WriteAllTextAsync(HostFile("die-api"), "");
        var error = await Should.ThrowAsync<SupervisionException>(StartAsync(Options()));
        error.Message.ShouldStartWith("A process of SPaR dies at every start.");
        error.Message.ShouldContain("api cannot live");
        IsRunning(Pids("worker")[0]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_host_that_is_never_ready_is_given_up()
    {
        File.Delete(HostFile("ready"));
        var error = await Should.ThrowAsync<SupervisionException>(
            StartAsync(Options() with { ReadyTimeout = TimeSpan.FromSeconds(1) }));
        error.Message.ShouldContain("SPaR was not ready after 00:00:01");
    }

    [Fact]
    public async Task A_taken_port_is_left_alone_and_another_is_reported()
    {
        using var foreigner = new TcpListener(IPAddress.Loopback, 0);
        foreigner.Start();
        var port = ((IPEndPoint)foreigner.LocalEndpoint).Port;

        await using var spar = await StartAsync(Options() with { Url = $"http://127.0.0.1:{port}" });
        spar.Url.ShouldNotEndWith($":{port}");
        _said.ShouldContain(line => line.Contains($"{port}") && line.Contains(spar.Url));
    }

    [Fact]
    public async Task A_second_supervisor_of_a_folder_is_refused_with_the_address_of_the_first()
    {
        await using var first = await StartAsync(Options());
        var error = await Should.ThrowAsync<SupervisionException>(StartAsync(Options()));
        error.Message.ShouldContain(_folder.FullName);
        error.Message.ShouldContain(first.Url);
    }

    [Fact]
    public async Task A_killed_database_is_restarted()
    {
        await using var spar = await StartAsync(Options() with { ConnectionString = null, Postgres = new() { FastUnsafe = true } });
        spar.ConnectionString.ShouldContain("Database=spar");
        var file = Path.Combine(_folder.FullName, "postgres", "data", "postmaster.pid");
        var pid = int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture);
        Process.GetProcessById(pid).Kill();

        await Wait.UntilAsync(() => File.Exists(file) && File.ReadLines(file).FirstOrDefault() is { } line
            && line != pid.ToString(CultureInfo.InvariantCulture));
        _said.ShouldContain("PostgreSQL has ended; restarting it.");
    }

    private SparOptions Options() => new()
    {
        Folder = _folder.FullName,
        Host = ["dotnet", Path.Combine(AppContext.BaseDirectory, "SPaR.FakeHost.dll"), _folder.FullName],
        Url = "http://127.0.0.1:0",
        ConnectionString = "Host=elsewhere",
        Backoff = TimeSpan.FromMilliseconds(50),
    };

    private Task<SparProcesses> StartAsync(SparOptions options) =>
        SparProcesses.StartAsync(options, _said.Add, TestContext.Current.CancellationToken);

    private string HostFile(string name) => Path.Combine(_folder.FullName, name);

    private string Log(string role)
    {
        using var reader = new StreamReader(
            new FileStream(Path.Combine(_folder.FullName, "logs", $"{role}.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private int[] Pids(string role) =>
    [
        .. Log(role).Split('\n').Select(line => line.Split(' ')).Where(words => words.Length > 2 && words[0] == role)
            .Select(words => int.Parse(words[1], CultureInfo.InvariantCulture)),
    ];

    private async Task<int> PidAsync(string role)
    {
        await Wait.UntilAsync(() => Pids(role).Length > 0);
        return Pids(role)[^1];
    }

    private static bool IsRunning(int pid) => Directory.Exists($"/proc/{pid}");
}
