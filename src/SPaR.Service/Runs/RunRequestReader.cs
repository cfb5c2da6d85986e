using System.Text.Json;
using System.Text.Json.Serialization;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Evaluations;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Models;
using SPaR.Service.Recipes;
using SPaR.Service.Rounds;
using SPaR.Service.Tracing;
using SPaR.Service.Trainings;

namespace SPaR.Service.Runs;

/// <summary>Makes a run of a request, and finds everything that is wrong with it. Stores nothing.</summary>
internal sealed class RunRequestReader(IEnumerable<IBenchmark> benchmarks, TrainableModels trainable, TimeProvider time)
{
    private const int NameLimit = 200;

    private static readonly NumberRange Preview = new(1, 200), StallSeconds = new(60, 604_800);

    private readonly IBenchmark[] _benchmarks = [.. benchmarks];

    /// <returns>A queued run, to be used only if there are no errors.</returns>
    public async Task<(Run Run, IReadOnlyList<FieldError> Errors)> ReadAsync(
        RunRequest request, SparDb db, CancellationToken cancellationToken)
    {
        var id = Ids.New("run", time);
        var (errors, unknown) = (new List<FieldError>(), new List<FieldError>());
        var models = await ModelNames.FindRolesAsync(
            db, request.Actor, request.Refiner, request.Judge, "actor", "", unknown, cancellationToken);
        var (actor, refiner, judge) = models.Ids;
        var recipe = RecipeReader.Read(request.Recipe);
        var isPreview = request.Preview is not null;
        var run = new Run
        {
            Id = id,
            Name = request.Name,
            SetId = request.InstructionSet,
            Instructions = await db.InstructionSets.Where(s => s.Id == request.InstructionSet).Select(s => (int?)s.Count)
                .FirstOrDefaultAsync(cancellationToken),
            ActorId = actor,
            RefinerId = refiner,
            JudgeId = judge,
            Recipe = isPreview ? OfPreview(recipe) : recipe,
            // By default each run has its own; of 53 bits, which every JSON reader holds exactly.
            Seed = request.Seed ?? (long)(Seed.Derive(0, id) >> 11),
            Rounds = isPreview ? RoundStore.FirstRound : request.Rounds ?? RoundStore.FirstRound,
            Target = request.Target,
            Preview = request.Preview,
            StallSeconds = request.StallSeconds ?? Run.DefaultStallSeconds,
            Status = RunStatus.Queued,
            Warnings = await RunWarnings.FindAsync(db, request.InstructionSet, recipe, cancellationToken),
            TraceParent = WorkTrace.Current,
            CreatedAt = time.GetUtcNow(),
        };
        CheckNumbers(request, errors);
        await CheckAsync(run, request.Rounds ?? RoundStore.FirstRound, recipe, unknown, db, errors, cancellationToken);
        (string, Model?)[] trained = request.Refiner is null
            ? [("actor", models.Actor)]
            : [("actor", models.Actor), ("refiner", models.Refiner)];
        foreach (var training in RoundRules.Trainings(recipe, trained))
            await trainable.CheckAsync(training.Model, training.Options.Lora, training.Field, training.OptionsField, errors);
        return (run, errors);
    }

    /// <summary>Self-play alone: a preview shows what the pairs are like, before anything is trained on them.</summary>
    private static Recipe OfPreview(Recipe recipe) => recipe with
    {
        Train = null,
        Evaluate = recipe.Evaluate with { Benchmarks = [] },
        Rollback = null,
        InstructionsPerRound = null,
    };

    private static void CheckNumbers(RunRequest request, List<FieldError> errors)
    {
        if (request.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit))
            errors.Add(new("name", $"A name has 1 to {NameLimit} characters."));
        if (request.Preview is { } preview && !Preview.Holds(preview))
            errors.Add(new("preview", $"preview is {preview}; it must be {Preview.Whole}."));
        if (request.StallSeconds is { } stall && !StallSeconds.Holds(stall))
            errors.Add(new("stall_seconds", $"stall_seconds is {stall}; it must be {StallSeconds.Whole}."));
        if (request.Target is not { } target)
            return;
        foreach (var (field, value) in new (string, double?)[]
        {
            ("pairs", target.Pairs), ("seconds", target.Seconds), ("tokens", target.Tokens), ("cost", target.Cost),
        })
            if (value <= 0)
                errors.Add(new($"target.{field}", "must be more than 0; leave it out for no limit."));
        if (target.Prices is { } prices && (prices.Hour < 0 || prices.MillionTokens < 0))
            errors.Add(new("target.prices", "must not be negative."));
        if (target is { Cost: not null, Prices: null or { Hour: 0, MillionTokens: 0 } })
            errors.Add(new("target.prices", "must be given with target.cost: hour, million_tokens or both."));
    }

    private async Task CheckAsync(
        Run run, int rounds, Recipe recipe, IEnumerable<FieldError> unknown, SparDb db, List<FieldError> errors,
        CancellationToken cancellationToken)
    {
        var set = await db.InstructionSets.AsNoTracking().FirstOrDefaultAsync(s => s.Id == run.SetId, cancellationToken);
        if (set is null)
            errors.Add(new("instruction_set", $"There is no instruction set '{run.SetId}'; /v1/instruction-sets lists them."));
        errors.AddRange(unknown);
        if (recipe.Judge.Judging == JudgingMode.VotesAndVerifier && set is not null
            && !await db.Instructions.AnyAsync(i => i.SetId == set.Id && i.Constraints != null, cancellationToken))
            errors.Add(new(
                "recipe.judge.judging", "votes+verifier has no effect, as no instruction of the set has constraints; choose votes, "
                + "or submit the instructions with constraints."));
        RoundRules.Check(rounds, recipe, set?.Count, errors);
        if (recipe.PairFilters.Contamination is { } contamination
            && await BenchmarkSetEndpoints.FindAsync(contamination, db, cancellationToken) is null)
            errors.Add(new(
                "recipe.pair_filters.contamination", $"There is no benchmark set '{contamination}'; /v1/benchmarks lists them."));
        foreach (var (i, asked) in recipe.Evaluate.Benchmarks.Index())
            EvaluationRules.Check(
                asked, _benchmarks, await BenchmarkSetEndpoints.FindAsync(asked.Data, db, cancellationToken),
                part => $"recipe.evaluate.benchmarks[{i}].{part}", errors);
    }
}

/// <param name="InstructionSet">Id of the set; each of its instructions is an input.</param>
/// <param name="Actor">The model that answers, by id, name or path.</param>
/// <param name="Refiner">The model that refines, likewise; the actor if omitted.</param>
/// <param name="Judge">The model that judges, likewise; the refiner if omitted.</param>
/// <param name="Recipe">The name of a recipe, or an object with the options that differ from the defaults.</param>
/// <param name="Seed">What all seeds of the run derive from, as a number or a string; one is chosen if omitted.</param>
/// <param name="Rounds">1 to 20; more than one needs <c>train</c> in the recipe. 1 if omitted.</param>
/// <param name="Preview">Tries the request on so many instructions, drawn at random: one round of self-play, nothing is trained or
/// evaluated. 1 to 200.</param>
/// <param name="Target">When self-play has enough, or has cost enough; by default it takes every instruction.</param>
/// <param name="StallSeconds">After so many seconds without progress, the run is reported as stalled; 900 if omitted.</param>
internal sealed record RunRequest(
    string InstructionSet,
    string Actor,
    string? Refiner = null,
    string? Judge = null,
    JsonElement? Recipe = null,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)] long? Seed = null,
    string? Name = null,
    int? Rounds = null,
    int? Preview = null,
    RunTarget? Target = null,
    int? StallSeconds = null);
