using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Evaluations;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;
using SPaR.Service.Recipes;
using SPaR.Service.Rounds;
using SPaR.Service.Trainings;

namespace SPaR.Service.Runs;

/// <summary>Starts runs, shows their progress, and moves their status.</summary>
internal static class RunEndpoints
{
    private const int NameLimit = 200;

    public static void MapRuns(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs").WithTags("Runs");
        runs.MapPost("", Start).RequireScope(Scope.Submit).WithName("StartRun")
            .WithSummary("Start a self-play run over an instruction set")
            .WithDescription(
                "The actor answers; the refiner judges and refines, unless another judge is named. The recipe is the name of one of "
                + "/v1/recipes or an object with the options that differ from the defaults. "
                + "With rounds and train in the recipe one run is the whole loop: each round runs self-play, trains the actor on its pairs "
                + "(DPO, or SFT with pair.source sft-only) and the refiner on its examples, and measures both with the benchmarks of "
                + "evaluate. "
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
        runs.MapGet("", List).RequireScope(Scope.Read).WithName("ListRuns").WithSummary("List runs with their progress, newest first");
        runs.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetRun")
            .WithSummary("A run: status, rounds with stages, models and measures, inputs, recipe");
        runs.MapPost("/{id}/pause", (string id, SparDb db, RunLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.PauseAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("PauseRun")
            .WithSummary("Pause a run and its training");
        runs.MapPost("/{id}/resume", (string id, SparDb db, RunLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.ResumeAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("ResumeRun")
            .WithSummary("Resume a paused run and its training");
        runs.MapPost("/{id}/cancel", (string id, SparDb db, RunLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.CancelAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("CancelRun")
            .WithSummary("Cancel a run and its training; what is stored stays");
        runs.MapPost("/{id}/retry", (string id, SparDb db, RunLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.RetryAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("RetryRun")
            .WithSummary("Retry a failed run, its failed training or evaluation, or the inputs that ended in error");
        runs.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteRun")
            .WithSummary("Delete a run that has ended, with its rounds, pairs, trees, trainings and evaluations")
            .WithDescription("Refused while a training still needs its data. Trained models stay, and name it in their lineage.");
    }

    private static async Task<Results<Created<RunView>, InvalidProblem, ConflictProblem>> Start(
        RunRequest request, SparDb db, RunLifecycle life, UnfinishedLimit limit, TimeProvider time,
        [FromServices] IEnumerable<IBenchmark> benchmarks, CancellationToken cancellationToken)
    {
        var id = Ids.New("run", time);
        var unknown = new List<FieldError>();
        var actor = await ModelNames.FindAsync(db, request.Actor, "actor", unknown, cancellationToken);
        var refiner = request.Refiner is null
            ? actor
            : await ModelNames.FindAsync(db, request.Refiner, "refiner", unknown, cancellationToken);
        var judge = request.Judge is null
            ? refiner
            : await ModelNames.FindAsync(db, request.Judge, "judge", unknown, cancellationToken);
        var recipe = RecipeReader.Read(request.Recipe);
        var run = new Run
        {
            Id = id,
            Name = request.Name,
            SetId = request.InstructionSet,
            Instructions = await db.InstructionSets.Where(s => s.Id == request.InstructionSet).Select(s => (int?)s.Count)
                .FirstOrDefaultAsync(cancellationToken),
            ActorId = actor?.Id ?? "",
            RefinerId = refiner?.Id ?? "",
            JudgeId = judge?.Id ?? "",
            Recipe = recipe,
            // By default each run has its own; of 53 bits, which every JSON reader holds exactly.
            Seed = request.Seed ?? (long)(Method.Items.Seed.Derive(0, id) >> 11),
            Rounds = request.Rounds ?? RoundStore.FirstRound,
            Status = RunStatus.Queued,
            Warnings = await RunWarnings.FindAsync(db, request.InstructionSet, recipe, cancellationToken),
            CreatedAt = time.GetUtcNow(),
        };
        (string, Model?)[] trained = request.Refiner is null ? [("actor", actor)] : [("actor", actor), ("refiner", refiner)];
        var errors = await FindErrorsAsync(request, run, unknown, trained, [.. benchmarks], db, cancellationToken);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-run", errors);
        if (await limit.CheckAsync(db, WorkKind.Run, cancellationToken) is { } full)
            return full;
        await life.CreateAsync(run, cancellationToken);
        return TypedResults.Created($"/v1/runs/{id}", await ViewAsync(run, db, cancellationToken));
    }

    private static async Task<List<FieldError>> FindErrorsAsync(
        RunRequest request, Run run, IEnumerable<FieldError> unknown, IEnumerable<(string Field, Model? Model)> trained,
        IBenchmark[] benchmarks, SparDb db, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        if (request.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit))
            errors.Add(new("name", $"A name has 1 to {NameLimit} characters."));
        var set = await db.InstructionSets.AsNoTracking().FirstOrDefaultAsync(s => s.Id == request.InstructionSet, cancellationToken);
        if (set is null)
            errors.Add(new(
                "instruction_set", $"There is no instruction set '{request.InstructionSet}'; /v1/instruction-sets lists them."));
        errors.AddRange(unknown);
        if (run.Recipe.Judge.Judging == JudgingMode.VotesAndVerifier && set is not null
            && !await db.Instructions.AnyAsync(i => i.SetId == set.Id && i.Constraints != null, cancellationToken))
            errors.Add(new(
                "recipe.judge.judging", "votes+verifier has no effect, as no instruction of the set has constraints; choose votes, "
                + "or submit the instructions with constraints."));
        RoundRules.Check(
            run.Rounds, run.Recipe, set?.Count, from t in trained where t.Model is not null select (t.Field, t.Model), errors);
        if (run.Recipe.PairFilters.Contamination is { } contamination
            && await BenchmarkSetEndpoints.FindAsync(contamination, db, cancellationToken) is null)
            errors.Add(new(
                "recipe.pair_filters.contamination", $"There is no benchmark set '{contamination}'; /v1/benchmarks lists them."));
        foreach (var (i, asked) in run.Recipe.Evaluate.Benchmarks.Index())
            EvaluationRules.Check(
                asked, benchmarks, await BenchmarkSetEndpoints.FindAsync(asked.Data, db, cancellationToken),
                part => $"recipe.evaluate.benchmarks[{i}].{part}", errors);
        return errors;
    }

    private static async Task<Ok<Page<RunView>>> List([AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var runs = await db.Runs.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(await RunStatisticsReader.ReadAsync(db, runs, cancellationToken), r => r.Id));
    }

    private static async Task<Results<Ok<RunView>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken) =>
        await ReadAsync(id, db, cancellationToken) is { } view ? TypedResults.Ok(view) : NotFoundProblem.Of("run", id);

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
        string id, SparDb db, Func<string, CancellationToken, Task> move, CancellationToken cancellationToken) =>
        StatusChange.MakeAsync("run", id, move, token => ReadAsync(id, db, token), cancellationToken);

    private static async Task<RunView?> ReadAsync(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is { } run
            ? await ViewAsync(run, db, cancellationToken)
            : null;

    private static async Task<RunView> ViewAsync(Run run, SparDb db, CancellationToken cancellationToken) =>
        (await RunStatisticsReader.ReadAsync(db, [run], cancellationToken))[0];
}

/// <param name="InstructionSet">Id of the set; each of its instructions is an input.</param>
/// <param name="Actor">The model that answers, by id, name or path.</param>
/// <param name="Refiner">The model that refines, likewise; the actor if omitted.</param>
/// <param name="Judge">The model that judges, likewise; the refiner if omitted.</param>
/// <param name="Recipe">The name of a recipe, or an object with the options that differ from the defaults.</param>
/// <param name="Seed">What all seeds of the run derive from, as a number or a string; one is chosen if omitted.</param>
/// <param name="Rounds">1 to 20; more than one needs <c>train</c> in the recipe. 1 if omitted.</param>
internal sealed record RunRequest(
    string InstructionSet,
    string Actor,
    string? Refiner = null,
    string? Judge = null,
    JsonElement? Recipe = null,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)] long? Seed = null,
    string? Name = null,
    int? Rounds = null);
