using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;
using SPaR.Service.Rounds;
using SPaR.Service.Trainings;

namespace SPaR.Service.Runs;

/// <summary>Starts runs, shows their progress, and moves their status.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs").WithTags("Runs");
        runs.MapPost("", Start).RequireScope(Scope.Submit).WithName("StartRun").Idempotent("GetRun", typeof(Run))
            .WithSummary("Start a self-play run over an instruction set")
            .WithDescription(
                "The actor answers; the refiner judges and refines, unless another judge is named. The recipe is the name of one of "
                + "/v1/recipes or an object with the options that differ from the defaults. "
                + "With rounds and train in the recipe one run is the whole loop: each round runs self-play, trains the actor on its pairs "
                + "(DPO, or SFT with pair.source sft-only) and the refiner on its examples, and measures both with the benchmarks of "
                + "evaluate. "
                + "preview tries it on a few instructions; target ends self-play when it has enough pairs, or has cost enough. "
                + "All of it is checked before anything is stored.")
            .WithMetadata(new BodyExample("""
                {
                  "name": "first run",
                  "instruction_set": "set_019aa0c4b1a97d0e8f3c5a6b7c8d9e0f",
                  "actor": "mdl_019aa0c4b1a97d0e8f3c5a6b7c8d9e10",
                  "rounds": 3,
                  "recipe": {
                    "sample": { "n": 5 }, "judge": { "votes": 5 }, "refine": { "strategy": "bfs", "depth": 3 },
                    "train": { "actor": { "learning_rate": 2e-7 }, "refiner": { "learning_rate": 1e-6 } },
                    "evaluate": {
                      "benchmarks": [
                        { "name": "quick", "benchmark": "ifeval", "data": "bmk_019aa0c4b1a97d0e8f3c5a6b7c8d9e12", "limit": 100 }
                      ]
                    },
                    "rollback": { "benchmark": "quick", "measure": "inst_level_strict_acc", "tolerance": 0.02 }
                  },
                  "seed": 1
                }
                """));
        runs.MapPost("/estimate", Estimate).RequireScope(Scope.Submit).WithName("EstimateRun")
            .WithSummary("What a run would take: generations, tokens, time and memory; starts nothing")
            .WithDescription(
                "Takes the body of POST /v1/runs, and refuses what that would refuse. most is what the recipe allows; expected follows the "
                + "newest run with the same models, of which a preview is enough.");
        runs.MapGet("", List).RequireScope(Scope.Read).WithName("ListRuns").WithSummary("List runs with their progress, newest first");
        runs.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetRun")
            .WithSummary("A run: status, rounds with stages, models and measures, inputs, recipe");
        runs.MapPost("/{id}/pause", (
            string id, SparDb db, RunStatisticsReader statistics, RunLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, statistics, life.PauseAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("PauseRun")
            .Idempotent("GetRun")
            .WithSummary("Pause a run and its training");
        runs.MapPost("/{id}/resume", (
            string id, SparDb db, RunStatisticsReader statistics, RunLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, statistics, life.ResumeAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("ResumeRun")
            .Idempotent("GetRun")
            .WithSummary("Resume a paused run and its training");
        runs.MapPost("/{id}/cancel", (
            string id, SparDb db, RunStatisticsReader statistics, RunLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, statistics, life.CancelAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("CancelRun")
            .Idempotent("GetRun")
            .WithSummary("Cancel a run and its training; what is stored stays");
        runs.MapPost("/{id}/retry", (
            string id, SparDb db, RunStatisticsReader statistics, RunLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, statistics, life.RetryAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("RetryRun")
            .Idempotent("GetRun")
            .WithSummary("Retry a failed run, its failed training or evaluation, or the inputs that ended in error");
        runs.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteRun")
            .WithSummary("Delete a run that has ended, with its rounds, pairs, trees, trainings and evaluations")
            .WithDescription("Refused while a training still needs its data. Trained models stay, and name it in their lineage.");
    }

    private static async Task<Results<Created<RunView>, InvalidProblem, ConflictProblem>> Start(
        RunRequest request, SparDb db, RunLifecycle life, UnfinishedLimit limit, RunRequestReader reader, RunStatisticsReader statistics,
        CancellationToken cancellationToken)
    {
        var (run, errors) = await reader.ReadAsync(request, db, cancellationToken);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-run", errors);
        if (await limit.CheckAsync(db, WorkKind.Run, cancellationToken) is { } full)
            return full;
        await life.CreateAsync(run, cancellationToken);
        return TypedResults.Created($"/v1/runs/{run.Id}", (await statistics.ReadAsync(db, [run], cancellationToken))[0]);
    }

    private static async Task<Results<Ok<RunEstimate>, InvalidProblem>> Estimate(
        RunRequest request, SparDb db, RunRequestReader reader, RunEstimator estimator, CancellationToken cancellationToken)
    {
        var (run, errors) = await reader.ReadAsync(request, db, cancellationToken);
        return errors.Count > 0
            ? InvalidProblem.Of("invalid-run", errors)
            : TypedResults.Ok(await estimator.EstimateAsync(db, run, cancellationToken));
    }

    private static async Task<Ok<Page<RunView>>> List(
        [AsParameters] PageQuery page, SparDb db, RunStatisticsReader statistics, CancellationToken cancellationToken)
    {
        var runs = await db.Runs.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(await statistics.ReadAsync(db, runs, cancellationToken), r => r.Id));
    }

    private static async Task<Results<Ok<RunView>, NotFoundProblem>> Get(
        string id, SparDb db, RunStatisticsReader statistics, CancellationToken cancellationToken) =>
        await ReadAsync(id, db, statistics, cancellationToken) is { } view ? TypedResults.Ok(view) : NotFoundProblem.Of("run", id);

    private static Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, CancellationToken cancellationToken)
    {
        return Deleted.AnswerAsync<Run>(db, "run", id, RefusalAsync, DeleteTrainingsAsync, cancellationToken);

        async Task<ConflictProblem?> RefusalAsync()
        {
            var status = await db.Runs.Where(r => r.Id == id).Select(r => r.Status).SingleAsync(cancellationToken);
            if (StatusChange.RefuseOpen(WorkKind.Run, id, status) is { } open)
                return open;
            var own = await db.TrainingRuns.Where(t => t.RunId == id).Select(t => t.Id).ToListAsync(cancellationToken);
            var users = await TrainingSourceUsers.OfAsync(db, "run", id, cancellationToken);
            return users.Except(own).ToList() is [_, ..] others ? Deleted.InUse("run", id, others) : null;
        }

        async Task DeleteTrainingsAsync()
        {
            await db.RunRounds.Where(r => r.RunId == id).ExecuteDeleteAsync(cancellationToken);
            await TrainingDeletion.DeleteOfRunAsync(db, id, cancellationToken);
        }
    }

    private static Task<Results<Ok<RunView>, NotFoundProblem, ConflictProblem>> Move(
        string id, SparDb db, RunStatisticsReader statistics, Func<string, CancellationToken, Task> move,
        CancellationToken cancellationToken) =>
        StatusChange.MakeAsync("run", id, move, token => ReadAsync(id, db, statistics, token), cancellationToken);

    private static async Task<RunView?> ReadAsync(
        string id, SparDb db, RunStatisticsReader statistics, CancellationToken cancellationToken) =>
        await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is { } run
            ? (await statistics.ReadAsync(db, [run], cancellationToken))[0]
            : null;
}
