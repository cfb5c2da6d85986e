using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SPaR.Integration.Tests.Jobs;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Integration.Tests.Compliance;

/// <summary>What every job queue must do, whatever it is built on. A backend derives a class of it and says how it is added.</summary>
public abstract class JobQueueCompliance(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<JobRequest> _ran = new();
    private readonly List<IHost> _hosts = [];
    private string _database = "";
    private CutLine _line = null!;

    private delegate Task Work(JobRequest request, CancellationToken cancellationToken);

    protected abstract void Add(IServiceCollection services, string connectionString, bool serve, Action<JobOptions> configure);

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.MigratedDatabaseAsync();
        _line = new(new NpgsqlConnectionStringBuilder(_database).Port);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await host.StopAsync(soon.Token);
            host.Dispose();
        }

        _line.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_job_runs_once_with_its_payload()
    {
        await StartAsync(serve: true);
        await QueueOf(await StartAsync(serve: false)).EnqueueAsync(new("work", "a", """{"n":1}"""), default);
        await UntilAsync(() => !_ran.IsEmpty);
        await Task.Delay(TimeSpan.FromSeconds(2));
        _ran.ToArray().ShouldBe([new("work", "a", """{"n":1}""")]);
    }

    [Fact]
    public async Task Waiting_jobs_of_the_same_key_are_one()
    {
        var queue = QueueOf(await StartAsync(serve: false));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => queue.EnqueueAsync(new("work", "a", "1"), default)));
        await queue.EnqueueAsync(new("work", "b", "2"), default);
        await StartAsync(serve: true);
        await UntilAsync(() => _ran.Count >= 2);
        await Task.Delay(TimeSpan.FromSeconds(2));
        _ran.Select(r => r.Key).Order().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_job_enqueued_while_its_key_runs_runs_after_it()
    {
        var finish = new TaskCompletionSource();
        var host = await StartAsync(serve: true, (_, _) => _ran.Count == 1 ? finish.Task : Task.CompletedTask);
        await QueueOf(host).EnqueueAsync(new("work", "a", "1"), default);
        await UntilAsync(() => _ran.Count == 1);
        await QueueOf(host).EnqueueAsync(new("work", "a", "2"), default);
        finish.SetResult();
        await UntilAsync(() => _ran.Count == 2);
        _ran.Select(r => r.Payload).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task A_delayed_job_waits_and_an_earlier_one_of_its_key_hastens_it()
    {
        var host = await StartAsync(serve: true);
        await QueueOf(host).EnqueueAsync(new("work", "slow", "", TimeSpan.FromSeconds(4)), default);
        await QueueOf(host).EnqueueAsync(new("work", "hastened", "", TimeSpan.FromHours(1)), default);
        await QueueOf(host).EnqueueAsync(new("work", "hastened", ""), default);
        await UntilAsync(() => !_ran.IsEmpty);
        _ran.Select(r => r.Key).ShouldBe(["hastened"]);
        await UntilAsync(() => _ran.Count == 2);
        _ran.Select(r => r.Key).ShouldBe(["hastened", "slow"]);
    }

    [Fact]
    public async Task A_failing_job_is_tried_again_and_then_listed_with_its_error()
    {
        var host = await StartAsync(serve: true, (_, _) => throw new InvalidOperationException($"attempt {_ran.Count}"));
        await QueueOf(host).EnqueueAsync(new("work", "a", "p"), default);
        IReadOnlyList<FailedJob> failed = [];
        await UntilAsync(() => (failed = QueueOf(host).FailedAsync(default).GetAwaiter().GetResult()).Count > 0);
        await Task.Delay(TimeSpan.FromSeconds(2));
        _ran.Count.ShouldBe(3);
        failed.Single().ShouldSatisfyAllConditions(
            f => f.Key.ShouldBe("a"), f => f.Payload.ShouldBe("p"), f => f.Attempts.ShouldBe(3), f => f.Error.ShouldBe("attempt 3"));
    }

    [Fact]
    public async Task A_job_that_succeeds_in_the_end_is_not_listed()
    {
        var host = await StartAsync(
            serve: true, (_, _) => _ran.Count == 1 ? throw new InvalidOperationException("once") : Task.CompletedTask);
        await QueueOf(host).EnqueueAsync(new("work", "a", ""), default);
        await UntilAsync(() => _ran.Count == 2);
        (await QueueOf(host).FailedAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_job_of_a_killed_worker_passes_on()
    {
        var never = new TaskCompletionSource();
        var doomed = await StartAsync(serve: true, (_, _) => never.Task, line: _line);
        await QueueOf(doomed).EnqueueAsync(new("work", "a", "p"), default);
        await UntilAsync(() => _ran.Count == 1);
        _line.Dispose();
        await StartAsync(serve: true);
        await UntilAsync(() => _ran.Count == 2);
        _ran.Last().ShouldBe(new("work", "a", "p"));
        never.SetResult();
    }

    [Fact]
    public async Task The_job_of_a_worker_that_stops_runs_again()
    {
        var stopping = await StartAsync(serve: true, (_, stop) => Task.Delay(Timeout.Infinite, stop));
        await QueueOf(stopping).EnqueueAsync(new("work", "a", "p"), default);
        await UntilAsync(() => _ran.Count == 1);
        await stopping.StopAsync();
        await StartAsync(serve: true);
        await UntilAsync(() => _ran.Count == 2);
        _ran.Last().ShouldBe(new("work", "a", "p"));
    }

    [Fact]
    public async Task A_process_that_does_not_serve_or_has_no_handler_runs_nothing_and_the_job_waits_through_restarts()
    {
        var queue = QueueOf(await StartAsync(serve: false));
        await StartAsync(serve: true, kind: "other");
        await queue.EnqueueAsync(new("work", "a", ""), default);
        await Task.Delay(TimeSpan.FromSeconds(3));
        _ran.ShouldBeEmpty();
        await StartAsync(serve: true);
        await UntilAsync(() => _ran.Count == 1);
    }

    private static IJobQueue QueueOf(IHost host) => host.Services.GetRequiredService<IJobQueue>();

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var late = new CancellationTokenSource(Patience);
        while (!condition())
            await Task.Delay(50, late.Token);
    }

    private async Task<IHost> StartAsync(
        bool serve, Func<JobRequest, CancellationToken, Task>? work = null, string kind = "work", CutLine? line = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSparStorage(_database);
        builder.Services.AddSingleton<Work>(async (request, stop) =>
        {
            _ran.Enqueue(request);
            if (work is not null)
                await work(request, stop);
        });
        var connection = new NpgsqlConnectionStringBuilder(_database) { MaxPoolSize = 20 };
        connection.Port = line?.Port ?? connection.Port;
        Add(
            builder.Services, connection.ConnectionString, serve,
            options => (options.Retries, options.RetrySeconds, options.CheckinSeconds) = (2, 0.3, 1));
        if (kind == "work")
            builder.Services.AddJobHandler<WorkHandler>("work");
        else
            builder.Services.AddJobHandler<OtherHandler>(kind);
        var host = builder.Build();
        await host.StartAsync();
        _hosts.Add(host);
        return host;
    }

    private sealed class WorkHandler(Work work) : IJobHandler
    {
        public string Kind => "work";

        public Task RunAsync(JobRequest request, CancellationToken cancellationToken) => work(request, cancellationToken);
    }

    private sealed class OtherHandler(Work work) : IJobHandler
    {
        public string Kind => "other";

        public Task RunAsync(JobRequest request, CancellationToken cancellationToken) => work(request, cancellationToken);
    }
}
