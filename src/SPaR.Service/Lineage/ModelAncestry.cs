using SPaR.Method.Input;
using SPaR.Service.Datasets;
using SPaR.Service.Models;
using SPaR.Service.Trainings;

namespace SPaR.Service.Lineage;

/// <summary>What a model was made of.</summary>
/// <param name="Steps">From the model back to the first one.</param>
/// <param name="Origin">The first: a model that nothing here trained, or that was deleted.</param>
/// <param name="Trainings">How many trainings there were on the way.</param>
/// <param name="Runs">Whose rounds made the data, the newest first.</param>
/// <param name="Rows">Of all trainings together; a pair that was used twice counts twice.</param>
internal sealed record ModelAncestry(
    string Model, IReadOnlyList<AncestryStep> Steps, LineageModel Origin, int Trainings, IReadOnlyList<string> Runs, long Rows);

/// <param name="Parent">The model that it was trained from, quantised from or, without a training, is an adapter on.</param>
/// <param name="Training">Null, like all that follows but the conversion, if it was converted.</param>
/// <param name="Method"><c>dpo</c> or <c>sft</c>; null if the training was deleted.</param>
/// <param name="DatasetSha256">SHA-256 of the training rows.</param>
/// <param name="Rows">How many rows were trained on; null if the training was deleted.</param>
/// <param name="Run">The run whose round trained it; null, like the round, if a user created the training.</param>
internal sealed record AncestryStep(
    LineageModel Model, string Parent, string? Training, string? Method, IReadOnlyList<TrainingSource>? Datasets,
    string? DatasetSha256, int? Rows, string? Run, int? Round, string? Conversion);

/// <summary>Follows a model back to its origin.</summary>
internal static class ModelAncestryReader
{
    /// <summary>A chain of more trainings than anybody makes.</summary>
    private const int Most = 1000;

    /// <returns>Null if there is no such model.</returns>
    public static async Task<ModelAncestry?> ReadAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        var model = await FindAsync(db, id, cancellationToken);
        if (model is null)
            return null;
        var (steps, runs) = (new List<AncestryStep>(), new List<string>());
        var origin = Of(model);
        while (model is not null && (model.ParentId ?? model.BaseId) is { } parent && steps.Count < Most)
        {
            var training = model.TrainingRunId is { } trained
                ? await db.TrainingRuns.AsNoTracking().FirstOrDefaultAsync(t => t.Id == trained, cancellationToken)
                : null;
            steps.Add(new(
                Of(model), parent, model.TrainingRunId, training is null ? null : EnumName.Of(training.Method), model.Datasets,
                model.DatasetHash, training?.Rows, model.RunId, model.Round, model.ConversionId));
            runs.AddRange(await RunsAsync(db, model, cancellationToken));
            model = await FindAsync(db, parent, cancellationToken);
            origin = model is null ? new(parent, null, null) : Of(model);
        }

        return new(
            id, steps, origin, steps.Count(s => s.Training is not null),
            [.. runs.Distinct()], steps.Sum(s => (long)(s.Rows ?? 0)));
    }

    /// <returns>The runs whose pairs or examples it was trained on.</returns>
    private static async Task<IReadOnlyList<string>> RunsAsync(SparDb db, Model model, CancellationToken cancellationToken)
    {
        var runs = new List<string>();
        foreach (var source in model.Datasets ?? [])
            if (source.Run is { } run)
                runs.Add(run);
            else if (await db.Datasets.Where(d => d.Id == source.Upload).Select(d => d.Origin).FirstOrDefaultAsync(cancellationToken)
                is { } origin)
                runs.AddRange(origin.Runs);
        return runs;
    }

    private static Task<Model?> FindAsync(SparDb db, string id, CancellationToken cancellationToken) =>
        db.Models.AsNoTracking().FirstOrDefaultAsync(m => m.Id == id, cancellationToken);

    private static LineageModel Of(Model model) => new(model.Id, model.Name, model.Sha256, model.TrainingRunId);
}
