using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Runs;

/// <summary>The progress of a run as server-sent events.</summary>
internal static class RunEventEndpoints
{
    public static void MapRunEvents(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/events", Stream)
        .WithTags("Runs").RequireScope(Scope.Read).LimitStreams().WithName("GetRunEvents")
        .WithSummary("The progress of a run as server-sent events, until it ends")
        .WithDescription(
            "Each event has the whole progress, so that none needs those before it. One is sent at once, and another whenever the status, "
            + "the round, its stage, what its workers do or a count changes. "
            + "Ids grow by one, also after a reconnection with Last-Event-ID.")
        .Produces<RunView>(StatusCodes.Status200OK, "text/event-stream");

    private static async Task<Results<ServerSentEventsResult<RunView>, NotFoundProblem>> Stream(
        string id, IDbContextFactory<SparDb> databases, TimeProvider time, SparDb db, CancellationToken cancellationToken,
        [FromHeader(Name = "Last-Event-ID")] string? lastEventId = null)
    {
        if (!await db.Runs.AnyAsync(r => r.Id == id, cancellationToken))
            return NotFoundProblem.Of("run", id);
        return TypedResults.ServerSentEvents(ProgressEvents.StreamAsync(
            token => ReadAsync(id, databases, token), State, view => StatusTransitions.IsEnd(view.Status),
            lastEventId, time, cancellationToken));
    }

    private static string State(RunView view) =>
        $"{view.Status} {view.Round} {view.Stage} {Done(view)} {view.Preflight} {view.Pairs} {view.Tokens} "
        + $"{view.Now?.Stage} {view.Now?.Activity} " + string.Join(',', view.Progress.States.Values);

    /// <summary>What a stage adds besides counts: trainings and measures.</summary>
    private static string Done(RunView view) =>
        $"{view.Rounds[^1].ActorTraining} {view.Rounds[^1].RefinerTraining} {view.Rounds[^1].Evaluation.Count}";

    private static async Task<RunView?> ReadAsync(string id, IDbContextFactory<SparDb> databases, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is { } run
            ? (await RunStatisticsReader.ReadAsync(db, [run], cancellationToken))[0]
            : null;
    }
}
