using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SPaR.Method;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;
using SPaR.Service.Rounds;
using SPaR.Service.Runs;
using SPaR.Service.Storage;
using SPaR.Service.Worker;

namespace SPaR.Integration.Tests.Runs;

/// <summary>A migrated database with one model, and what a test of runs needs around it.</summary>
internal sealed class RunWorld : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("spar-models-");

    private RunWorld(string connectionString)
    {
        ConnectionString = connectionString;
        _services = new ServiceCollection().AddSparStorage(connectionString)
            .AddSingleton<IJobQueue>(Queue).AddSingleton<LeaseStore>().AddSparRuns().BuildServiceProvider();
    }

    public string ConnectionString { get; }

    public NotedQueue Queue { get; } = new();

    /// <summary>The file of the model.</summary>
    public string ModelFile => Path.Combine(_models.FullName, "m.gguf");

    public RunLifecycle Lifecycle => _services.GetRequiredService<RunLifecycle>();

    public LeaseStore Leases => _services.GetRequiredService<LeaseStore>();

    public IDbContextFactory<SparDb> Databases => _services.GetRequiredService<IDbContextFactory<SparDb>>();

    public static async Task<RunWorld> CreateAsync(PostgresFixture postgres)
    {
        var world = new RunWorld(
            new NpgsqlConnectionStringBuilder(await postgres.MigratedDatabaseAsync()) { MaxPoolSize = 12 }.ConnectionString);
        await File.WriteAllTextAsync(world.ModelFile, "weights");
        await using var db = await world.Databases.CreateDbContextAsync();
        db.Models.Add(new()
        {
            Id = "mdl_1",
            Name = "m",
            Path = "m.gguf",
            Sha256 = Convert.ToHexStringLower(SHA256.HashData("weights"u8)),
            Bytes = 7,
            Architecture = "llama",
            Parameters = 1,
            ContextLength = 1,
            VocabularySize = 1,
            FileType = "F32",
            Template = "t",
            CreatedAt = DateTimeOffset.UnixEpoch,
        });
        await db.SaveChangesAsync();
        return world;
    }

    /// <summary>Stores a run over a new set of so many instructions; with several rounds, one that trains.</summary>
    /// <returns>The run's id.</returns>
    public async Task<string> SubmitAsync(int instructions, int rounds = 1, RunTarget? target = null, int? preview = null)
    {
        var set = Ids.New("set", TimeProvider.System);
        await using var db = await Databases.CreateDbContextAsync();
        db.InstructionSets.Add(new() { Id = set, Name = "s", Count = instructions, CreatedAt = DateTimeOffset.UnixEpoch });
        db.Instructions.AddRange(Enumerable.Range(0, instructions).Select(i => new Instruction
        {
            Id = $"ins_{i:D4}_{set}",
            SetId = set,
            Ordinal = i,
            Messages = [new("user", $"Do {i}.")],
        }));
        await db.SaveChangesAsync();
        var run = Ids.New("run", TimeProvider.System);
        await Lifecycle.CreateAsync(new()
        {
            Id = run,
            SetId = set,
            ActorId = "mdl_1",
            RefinerId = "mdl_1",
            JudgeId = "mdl_1",
            Recipe = new() { Train = rounds > 1 ? new() : null },
            Seed = 7,
            Rounds = rounds,
            Target = target,
            Preview = preview,
            Status = RunStatus.Queued,
            CreatedAt = DateTimeOffset.UnixEpoch,
        }, default);
        return run;
    }

    public async Task<string> RunningAsync(int instructions, int rounds = 1)
    {
        var run = await SubmitAsync(instructions, rounds);
        (await Lifecycle.StartAsync(run, default)).ShouldBeTrue();
        return run;
    }

    /// <returns>False when the run has ended already.</returns>
    public async Task<bool> TryPauseAsync(string run)
    {
        try
        {
            await Lifecycle.PauseAsync(run, default);
            return true;
        }
        catch (InvalidStateException)
        {
            return false;
        }
    }

    public async Task<Run> RunAsync(string id)
    {
        await using var db = await Databases.CreateDbContextAsync();
        return await db.Runs.AsNoTracking().SingleAsync(r => r.Id == id);
    }

    /// <summary>Waits for a run to get there.</summary>
    public async Task UntilAsync(string run, RunStatus status, double seconds = 40)
    {
        var started = TimeProvider.System.GetTimestamp();
        Run seen;
        while ((seen = await RunAsync(run)).Status != status)
        {
            TimeProvider.System.GetElapsedTime(started).TotalSeconds.ShouldBeLessThan(
                seconds, $"still {seen.Status}, not {status}: {seen.Detail}");
            await Task.Delay(20);
        }
    }

    public async Task<List<RunItem>> ItemsAsync(string run)
    {
        await using var db = await Databases.CreateDbContextAsync();
        return await db.RunItems.AsNoTracking().Where(i => i.RunId == run).OrderBy(i => i.Round).ThenBy(i => i.Ordinal).ToListAsync();
    }

    /// <summary>Counts the rows of a run.</summary>
    public async Task<(int Answers, int Judgements, int Pairs)> StoredAsync(string run)
    {
        await using var db = await Databases.CreateDbContextAsync();
        return (
            await db.Answers.CountAsync(a => a.RunId == run), await db.Judgements.CountAsync(j => j.RunId == run),
            await db.Pairs.CountAsync(p => p.RunId == run));
    }

    /// <summary>Waits until a worker holds an item.</summary>
    public async Task LeasedAsync(string run)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await ItemsAsync(run)).All(i => i.LeaseOwner is null))
            await Task.Delay(50, late.Token);
    }

    public Task<IReadOnlyList<Lease>> TakeAsync(
        string run, string worker, int count, double seconds = 30, int round = RoundStore.FirstRound) =>
        Leases.TakeAsync(run, round, worker, count, TimeSpan.FromSeconds(seconds), default);

    public Task<PostgresJournal> OpenAsync(Lease lease) => PostgresJournal.OpenAsync(Databases, lease, default);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _models.Delete(recursive: true);
    }
}

/// <summary>A queue that only notes what was asked of it.</summary>
internal sealed class NotedQueue : IJobQueue
{
    public ImmutableList<JobRequest> Requests { get; private set; } = [];

    public Task EnqueueAsync(JobRequest request, CancellationToken cancellationToken)
    {
        Requests = Requests.Add(request);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<FailedJob>> FailedAsync(string? after, int take, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FailedJob>>([]);
}
