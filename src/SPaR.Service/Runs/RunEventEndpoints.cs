using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Events;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Runs;

/// <summary>What happened to a run, and its progress.</summary>
internal static class RunEventEndpoints
{
    public static void MapRunEvents(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/events", Events)
        .WithTags("Runs").RequireScope(Scope.Read).LimitStreams().WithName("GetRunEvents")
        .WithSummary("What happened to a run, as a page or as a stream until it ends")
        .WithDescription(
            EventEndpoints.Description + " Types: run.stage with round and stage, run.preflight, run.stalled, and run.queued, run.running "
            + "and so on when its status changes.")
        .Produces<RunView>(StatusCodes.Status200OK, EventStream.ServerSent);

    private static Task<Results<Ok<Page<EventView>>, ServerSentEventsResult<object>, NotFoundProblem>> Events(
        string id, HttpRequest request, [AsParameters] EventQuery query, SparDb db, ProgressStreams streams,
        RunStatisticsReader statistics, CancellationToken cancellationToken) => EventEndpoints.AnswerAsync<Run>(
        request, "run", id, query, db, streams, (now, token) => ReadAsync(id, now, statistics, token), cancellationToken);

    private static async Task<Progress?> ReadAsync(
        string id, SparDb db, RunStatisticsReader statistics, CancellationToken cancellationToken)
    {
        if (await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is not { } run)
            return null;
        var view = (await statistics.ReadAsync(db, [run], cancellationToken))[0];
        return new(view, State(view), StatusTransitions.IsEnd(view.Status));
    }

    private static string State(RunView view) =>
        $"{view.Status} {view.Round} {view.Stage} {Done(view)} {view.Preflight} {view.Pairs} {view.Tokens} "
        + $"{view.Now?.Stage} {view.Now?.Activity} {view.Stalled?.Code} " + string.Join(',', view.Progress.States.Values);

    /// <summary>What a stage adds besides counts: trainings and measures.</summary>
    private static string Done(RunView view) =>
        $"{view.Rounds[^1].ActorTraining} {view.Rounds[^1].RefinerTraining} {view.Rounds[^1].Evaluation.Count}";
}
