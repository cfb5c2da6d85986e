using SPaR.Method;
using SPaR.Method.Examples;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Items;
using SPaR.Service.Models;
using SPaR.Service.Trainings;

namespace SPaR.Service.Runs;

/// <summary>Estimates the trainings of a run's rounds: their memory, from the models' headers in managed code, and their optimiser
/// steps.</summary>
internal sealed class TrainingEstimates(ITrainingInspector inspector, ModelFolder folder, IOptions<TrainerOptions> trainer)
{
    /// <param name="instructions">Of a round.</param>
    /// <param name="pairs">That a round is expected to give; null if nothing is known.</param>
    /// <param name="basis">The run that expectations are from; null without one.</param>
    /// <returns>None if the run trains nothing.</returns>
    public async Task<IReadOnlyList<TrainingEstimate>> ReadAsync(
        SparDb db, Run run, int instructions, double? pairs, EstimateBasis? basis, CancellationToken cancellationToken)
    {
        if (run.Recipe.Train is not { } train)
            return [];
        var examples = basis is null ? null : await ExamplesAsync(db, run.Recipe, instructions, basis, cancellationToken);
        var most = MostExamples(run.Recipe, instructions);
        string[] ids = [run.ActorId, run.RefinerId];
        var paths = await db.Models.Where(m => ids.Contains(m.Id)).ToDictionaryAsync(m => m.Id, m => m.Path, cancellationToken);
        var recipe = run.Recipe;
        var answers = recipe.Judge.MaxTokens + recipe.Refine.MaxTokens;
        return await DedicatedThread.RunAsync<IReadOnlyList<TrainingEstimate>>(() =>
        [
            Of(TrainingRole.Actor, run.ActorId, train.Actor, recipe.Sample.MaxTokens,
                recipe.Pair.ActorMethod is TrainingMethod.Dpo, new(instructions, pairs)),
            // A refinement follows the critique that it answers.
            Of(TrainingRole.Refiner, run.RefinerId, train.Refiner, answers, pairs: false, new(most, examples)),
        ]);

        TrainingEstimate Of(TrainingRole role, string model, TrainingOptions options, int answerTokens, bool pairs, EstimatedRows rows)
        {
            var (memory, problem) = Memory(folder.FullPath(paths[model]), options, answerTokens, pairs);
            return new(
                role, model, memory, problem, Steps(options, rows.Most), rows.Expected is { } expected ? Steps(options, expected) : null);
        }
    }

    /// <summary>Optimiser steps on so many rows, of which a share is held out.</summary>
    internal static int Steps(TrainingOptions options, double rows) =>
        (int)Math.Min(int.MaxValue, options.NumTrainEpochs * Math.Ceiling(Math.Floor(rows * (1 - options.ValSize)) / options.BatchSize));

    private (TrainingMemory? Memory, string? Problem) Memory(string path, TrainingOptions options, int answerTokens, bool pairs)
    {
        // A GPU has its own memory, of which nothing is known here.
        var free = trainer.Value.Device == "cpu" ? new MachineMemory().Free()?.Bytes : null;
        try
        {
            return (inspector.PlanMemory(path, options, answerTokens, pairs, free), null);
        }
        catch (ModelRejectedException e)
        {
            return (null, folder.WithNames(e.Message));
        }
    }

    private static double MostExamples(Recipe recipe, int instructions) => Enum.GetValues<ExampleKind>().Sum(kind =>
        (double)Math.Min(
            RefinerExampleSelection.Cap(kind, recipe.Examples),
            kind is ExampleKind.FirstBad or ExampleKind.FirstGood ? (long)instructions * recipe.Sample.N : instructions));

    /// <summary>As many of each kind for an instruction as in the basis, up to the recipe's caps.</summary>
    private static async Task<double?> ExamplesAsync(
        SparDb db, Recipe recipe, int instructions, EstimateBasis basis, CancellationToken cancellationToken)
    {
        var kinds = await db.RefinerExamples.Where(e => e.RunId == basis.RunId && e.Round == 1)
            .GroupBy(e => e.Kind).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(cancellationToken);
        return kinds.Sum(k => Math.Min(
            RefinerExampleSelection.Cap(k.Key, recipe.Examples), (double)instructions * k.Count / basis.Done));
    }

    private readonly record struct EstimatedRows(double Most, double? Expected);
}

/// <summary>One of a round's trainings. Those of later rounds take as much.</summary>
/// <param name="Model">The model that is trained.</param>
/// <param name="Memory">If a row is as long as the options allow, and nothing else takes memory then; null if the model cannot be
/// trained.</param>
/// <param name="Problem">Why the model cannot be trained, and what to do; null if it can.</param>
/// <param name="MostSteps">Optimiser steps, if every instruction gives as many rows as the recipe allows.</param>
/// <param name="ExpectedSteps">As many rows for each instruction as in the basis; null without one.</param>
internal sealed record TrainingEstimate(
    TrainingRole Role, string Model, TrainingMemory? Memory, string? Problem, int MostSteps, int? ExpectedSteps);
