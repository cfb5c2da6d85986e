using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Jobs;
using SPaR.Integration.Tests.Runs;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Events;
using SPaR.Service.Live;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Live;

/// <summary>Live requests without a worker, with too many others, over dead workers and dead API processes.</summary>
public sealed class LiveTroubleTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Without_a_worker_a_request_fails_with_what_to_do_and_one_too_many_is_refused()
    {
        await using var service = await HttpService.StartAsync(
            await postgres.MigratedDatabaseAsync(), null, "--Live:WaitSeconds=0.5", "--Live:MaxOpen=1");
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        var model = (await service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        var body = new JsonObject { ["model"] = model, ["prompt"] = "one" };

        var waiting = service.PostAsync("/v1/refinements", body.DeepClone());
        await Wait.UntilAsync(async () => (await OpenAsync(service)) == 1);
        using var refused = await service.Client.PostAsync("/v1/refinements", JsonContent.Create(body));

        ((int)refused.StatusCode, refused.Headers.RetryAfter?.Delta is not null).ShouldBe((429, true));
        (await waiting).ShouldBeProblem(503, "no-worker").Saying("./spar up");
    }

    [Fact]
    public async Task A_refinement_of_a_worker_that_died_is_taken_over_where_it_was()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        using var line = new CutLine(new NpgsqlConnectionStringBuilder(world.ConnectionString).Port);
        var refining = new TaskCompletionSource();
        await using var api = await ApiAsync(world);
        var (answer, _) = await api.Submission.SubmitAsync(Request("Do 1."), default);
        await using var owned = answer!;
        await using (var first = await TestWorker.StartAsync(world, HoldAsync, line))
        {
            await refining.Task;
            line.Dispose();
            await using var second = await TestWorker.StartAsync(world);
            var end = await answer!.EndAsync(default);

            (end.Status, end.Result!.State).ShouldBe((RunStatus.Succeeded, ItemState.Paired));
            end.LeaseEpoch.ShouldBe(2);
            await using var db = await world.Databases.CreateDbContextAsync();
            var outputs = await db.LiveOutputs.AsNoTracking().Where(o => o.RequestId == end.Id).ToListAsync();
            LiveJournal.RowsOf(outputs.Select(o => o.Content)).Answers.Count.ShouldBe(5, "they were not sampled again");
        }

        async Task HoldAsync(ItemRequest item, CancellationToken cancellationToken)
        {
            if (item.IsSample)
                return;
            refining.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    [Fact]
    public async Task A_worker_that_is_busy_with_a_run_takes_a_live_request_beside_it()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        await using var api = await ApiAsync(world);
        var run = await world.RunningAsync(4);
        await using var worker = await TestWorker.StartAsync(
            world, (item, cancellationToken) => item.Ordinal < 4 ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask);
        await world.LeasedAsync(run);

        var (answer, _) = await api.Submission.SubmitAsync(Request("Do 100."), default);
        await using var owned = answer!;
        (await owned.EndAsync(default)).Status.ShouldBe(RunStatus.Succeeded);
        (await world.ItemsAsync(run)).ShouldAllBe(i => i.State == ItemState.Pending);
    }

    [Fact]
    public async Task A_completion_that_has_given_text_ends_when_its_worker_dies_as_text_cannot_be_taken_back()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        await using var api = await ApiAsync(world);
        await using var db = await world.Databases.CreateDbContextAsync();
        var request = Request("Do 3.") with
        {
            Recipe = null,
            Completion = new(1, 1, 1, null, [], Thinks: false, Streams: true),
            Status = RunStatus.Running,
            LeaseOwner = "dead",
            LeaseEpoch = 1,
            LeaseUntil = DateTimeOffset.UnixEpoch,
        };
        db.LiveRequests.Add(request);
        db.LiveOutputs.Add(new() { RequestId = request.Id, Ordinal = 1, Content = new(Text: [new(0, "a", "")]) });
        await db.SaveChangesAsync();
        await using var worker = await TestWorker.StartAsync(world);

        LiveRequest? end = null;
        await Wait.UntilAsync(async () => (end = await db.LiveRequests.AsNoTracking().SingleAsync()).Status == RunStatus.Failed);
        end!.FailureCode.ShouldBe("worker-lost");
        LiveFailures.Of(end)!.Status.ShouldBe(503);
    }

    [Fact]
    public async Task A_request_whose_api_process_died_is_not_worked_on_any_more_and_is_deleted_in_time()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        await using var api = await ApiAsync(world);
        await using var db = await world.Databases.CreateDbContextAsync();
        var request = Request("Do 2.") with { WatchedUntil = DateTimeOffset.UnixEpoch };
        db.LiveRequests.Add(request);
        await db.SaveChangesAsync();
        await using var worker = await TestWorker.StartAsync(world);

        await api.Sweep(keepMinutes: 60).SweepAsync(default);
        var swept = await db.LiveRequests.AsNoTracking().SingleAsync(r => r.Id == request.Id);
        (swept.Status, swept.LeaseEpoch).ShouldBe((RunStatus.Cancelled, 0), "no worker took it");
        await api.Sweep(keepMinutes: 0).SweepAsync(default);
        (await db.LiveRequests.AnyAsync()).ShouldBeFalse();
    }

    private static LiveRequest Request(string prompt)
    {
        var request = LiveRequest.Of("rfn", ("mdl_1", "mdl_1", "mdl_1"), [new("user", prompt)], 7, TimeProvider.System);
        return request with { Recipe = new() };
    }

    private static async Task<int> OpenAsync(HttpService service)
    {
        await using var db = await service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        return await db.LiveRequests.CountAsync(r => r.Status == RunStatus.Queued);
    }

    private static async Task<Api> ApiAsync(RunWorld world)
    {
        var api = new Api(world);
        await api.Signals.StartAsync(default);
        return api;
    }

    /// <summary>What an API process has.</summary>
    private sealed class Api : IAsyncDisposable
    {
        private readonly NpgsqlDataSource _source;

        public Api(RunWorld world)
        {
            _source = NpgsqlDataSource.Create(world.ConnectionString);
            Signals = new(_source, TimeProvider.System, NullLogger<RunSignals>.Instance);
            Submission = new(
                world.Databases, _source, Signals, Options.Create(new LiveOptions()), TimeProvider.System,
                NullLogger<LiveSubmission>.Instance);
        }

        public RunSignals Signals { get; }

        public LiveSubmission Submission { get; }

        public LiveSweep Sweep(double keepMinutes) => new(
            _source, Options.Create(new LiveOptions { KeepMinutes = keepMinutes }), TimeProvider.System, NullLogger<LiveSweep>.Instance);

        public async ValueTask DisposeAsync()
        {
            await Signals.StopAsync(default);
            Signals.Dispose();
            await _source.DisposeAsync();
        }
    }
}
