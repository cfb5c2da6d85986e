using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Events;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Trainings;

/// <summary>The metrics, events and checkpoints of a training run.</summary>
internal static class TrainingProgressEndpoints
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    public static void MapTrainingProgress(this IEndpointRouteBuilder api)
    {
        var run = api.MapGroup("/training-runs/{id}").WithTags("Training");
        run.MapGet("/metrics", Metrics).RequireScope(Scope.Read).LimitStreams().WithName("GetTrainingMetrics")
            .WithSummary("The metrics of every step, as NDJSON, CSV or an event file of TensorBoard")
            .WithDescription(
                "Under TRL's names, in the order of the steps. format: ndjson (default), csv, or tensorboard: a file to put into "
                + "TensorBoard's log folder under the name that it has.")
            .Produces(StatusCodes.Status200OK, contentType: "text/csv").WithMetadata(new RowsFormat("ndjson"));
        run.MapGet("/checkpoints", Checkpoints).RequireScope(Scope.Read).WithName("ListCheckpoints")
            .WithSummary("The checkpoints that a training run has kept");
        run.MapGet("/events", Events).RequireScope(Scope.Read).LimitStreams().WithName("GetTrainingEvents")
            .WithSummary("What happened to a training run as a page, or its steps and status as a stream until it ends")
            .WithDescription(
                "The answer is a page of events, the oldest first. With Accept: text/event-stream it is a stream: an event 'step' for each "
                + "step, with its number as id and its metrics, after a reconnection with Last-Event-ID only those that follow; and an "
                + "event 'status' at the start and at every change, with the whole run.")
            .Produces<TrainingEvent>(StatusCodes.Status200OK, EventStream.ServerSent);
    }

    private static async Task<Results<Ndjson<JsonNode>, ContentHttpResult, FileContentHttpResult, NotFoundProblem, InvalidProblem>> Metrics(
        string id, SparDb db, IDbContextFactory<SparDb> databases, CancellationToken cancellationToken, string format = "ndjson")
    {
        if (format is not ("ndjson" or "csv" or "tensorboard"))
            return InvalidProblem.Of(
                "unknown-format", new FieldError("format", $"Unknown format '{format}'; use ndjson, csv or tensorboard."));
        if (await db.TrainingRuns.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is not { } run)
            return NotFoundProblem.Of("training run", id);
        var metrics = PagedRows.ReadAsync(
            databases, 0, (now, after) => now.TrainingMetrics.AsNoTracking().Where(m => m.TrainingRunId == id && m.Step > after)
                .OrderBy(m => m.Step), m => m.Step, _ => 0, cancellationToken);
        return format switch
        {
            "csv" => TypedResults.Text(MetricsCsv.Of(await metrics.Select(m => m.Values).ToListAsync(cancellationToken)), "text/csv"),
            "tensorboard" => TypedResults.File(
                TensorBoardFile.Of(run.CreatedAt, await metrics.ToListAsync(cancellationToken)), "application/octet-stream",
                FormattableString.Invariant($"events.out.tfevents.{run.CreatedAt.ToUnixTimeSeconds()}.{id}")),
            _ => new Ndjson<JsonNode>(metrics.Select(m => m.Values), $"{id}-metrics.ndjson"),
        };
    }

    private static async Task<Results<Ok<CheckpointList>, NotFoundProblem, ConflictProblem>> Checkpoints(
        string id, SparDb db, TrainingDirectory place, IOptions<TrainerOptions> options, CancellationToken cancellationToken)
    {
        if (await db.TrainingRuns.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is not { } run)
            return NotFoundProblem.Of("training run", id);
        if (!place.Sees(run))
            return ConflictProblem.Of(
                "checkpoints-elsewhere", $"The checkpoints are on the machine '{run.Machine}', in a training folder that this service "
                + "cannot see; ask a service there, or share Training:Folder.");
        var folder = new DirectoryInfo(Path.Combine(options.Value.FolderOf(id), TrainingFolder.Checkpoints));
        return TypedResults.Ok(new CheckpointList(folder.Exists
            ? [.. folder.EnumerateDirectories("step-*").Select(CheckpointView.Of).OfType<CheckpointView>().OrderBy(c => c.Step)]
            : []));
    }

    private static async Task<Results<Ok<Page<EventView>>, ServerSentEventsResult<TrainingEvent>, NotFoundProblem>> Events(
        string id, HttpRequest request, [AsParameters] EventQuery query, IDbContextFactory<SparDb> databases, TimeProvider time,
        SparDb db, CancellationToken cancellationToken)
    {
        if (!await db.TrainingRuns.AnyAsync(r => r.Id == id, cancellationToken))
            return NotFoundProblem.Of("training run", id);
        if (EventStream.Asked(request) is not EventStream.ServerSent)
            return TypedResults.Ok(await EventEndpoints.PageAsync(db, id, query, cancellationToken));
        _ = int.TryParse(query.LastEventId, CultureInfo.InvariantCulture, out var last);
        return TypedResults.ServerSentEvents(ReadEvents(id, last, databases, time, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<TrainingEvent>> ReadEvents(
        string id, int last, IDbContextFactory<SparDb> databases, TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RunStatus? before = null;
        while (true)
        {
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            // The status first: once it has ended, every step was stored before.
            var run = await db.TrainingRuns.AsNoTracking().SingleAsync(r => r.Id == id, cancellationToken);
            var after = last;
            var steps = await db.TrainingMetrics.AsNoTracking().Where(m => m.TrainingRunId == id && m.Step > after)
                .OrderBy(m => m.Step).ToListAsync(cancellationToken);
            foreach (var step in steps)
            {
                last = step.Step;
                yield return new(new(null, step.Values), "step") { EventId = last.ToString(CultureInfo.InvariantCulture) };
            }

            if (run.Status != before)
                yield return new(new(await TrainingRunEndpoints.ViewAsync(run, db, cancellationToken), null), "status");
            if (StatusTransitions.IsEnd(run.Status))
                yield break;
            before = run.Status;
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    internal sealed record CheckpointList(IReadOnlyList<CheckpointView> Data);

    /// <param name="Path">Of its folder, on the machine that trains.</param>
    internal sealed record CheckpointView(int Step, string Path, long Bytes, DateTimeOffset CreatedAt)
    {
        /// <returns>Null for one that is not complete yet.</returns>
        public static CheckpointView? Of(DirectoryInfo folder) =>
            int.TryParse(folder.Name["step-".Length..], CultureInfo.InvariantCulture, out var step)
                ? new(
                    step, folder.FullName, folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length),
                    folder.LastWriteTimeUtc)
                : null;
    }
}

/// <param name="Run">Of an event 'status': the run at that moment.</param>
/// <param name="Metrics">Of an event 'step': its metrics.</param>
internal sealed record TrainingEvent(TrainingRunView? Run, JsonNode? Metrics);
