using System.Net;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Cli.Commands;
using SPaR.Cli.Processes;
using SPaR.Cli.Supervision;
using SPaR.Client;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Demo;

/// <summary>The service as a user runs it, in its own folder: real PostgreSQL, real processes, the real tiny model.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RealService : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar trouble ");
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(10));
    private SparProcesses _processes = null!;

    /// <summary>Cancelled when the test takes too long.</summary>
    public CancellationToken Limit => _limit.Token;

    public HttpClient Http => Client.Http;

    public SparClient Client { get; private set; } = null!;

    /// <summary>The tiny model's id.</summary>
    public string Model { get; private set; } = "";

    public string ConnectionString => _processes.ConnectionString;

    public static async Task<RealService> StartAsync()
    {
        var service = new RealService();
        try
        {
            await service.BeginAsync();
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Registers the tiny model under another name.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> AddModelAsync(string name)
    {
        File.Copy(MicroModel.Path, Path.Combine(_processes.ModelsFolder, name));
        return (await Client.RegisterModelAsync(new() { Path = name }, cancellationToken: Limit)).Id;
    }

    /// <summary>The folder of a training run.</summary>
    public string TrainingFolder(string training) => Path.Combine(_folder.FullName, "training", training);

    /// <summary>The worker process.</summary>
    /// <returns>Null while it restarts.</returns>
    public int? Worker() => OsProcesses.Find(["--role", "worker"], _processes.ModelsFolder);

    /// <summary>The process of a training run.</summary>
    /// <returns>Null if there is none.</returns>
    public int? Trainer(string training) => OsProcesses.Find(["--role", "trainer"], TrainingFolder(training));

    /// <summary>Starts a run over prompts.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> RunAsync(JsonNode recipe, IEnumerable<string> prompts, int? rounds = null)
    {
        var lines = string.Concat(prompts.Select(prompt => JsonSerializer.Serialize(new { prompt }) + "\n"));
        var set = await Client.SubmitInstructionSetAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(lines)), name: "trouble", cancellationToken: Limit);
        return (await Client.StartRunAsync(
            new()
            {
                InstructionSet = set.Id,
                Actor = Model,
                Seed = 3,
                Rounds = rounds,
                AdditionalFields = JsonFile.Field("recipe", recipe),
            },
            cancellationToken: Limit)).Id;
    }

    public async Task<Run> EndAsync(string run)
    {
        while (true)
        {
            var now = await Client.GetRunAsync(run, Limit);
            if (now.Status.HasEnded())
                return now;
            await Task.Delay(250, Limit);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_processes is not null)
            await _processes.DisposeAsync();
        _limit.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task BeginAsync()
    {
        // If the tests run as root, PostgreSQL runs as another user, who must be able to enter.
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        var options = SparOptions.OfThisClone();
        options = options with
        {
            // Another worker takes over a killed one's items after three seconds.
            Host =
            [
                .. options.Host, "--Jobs:CheckinSeconds=1", "--Worker:LeaseSeconds=3",
                $"--Training:Folder={Path.Combine(_folder.FullName, "training")}",
            ],
            Folder = _folder.FullName,
            Url = $"http://127.0.0.1:{Ports.Free(IPAddress.Loopback, 0)}",
            ConnectionString = null,
            ModelsFolder = null,
            // A worker that is killed repeatedly would restart later each time.
            Backoff = TimeSpan.FromMilliseconds(10),
            Postgres = new() { FastUnsafe = true },
        };
        _processes = await SparProcesses.StartAsync(options, TestContext.Current.SendDiagnosticMessage, Limit);
        Client = SparClient.Connect(new(_processes.Url), ServiceKey.Read(options));
        Model = await AddModelAsync(MicroModel.FileName);
    }
}
