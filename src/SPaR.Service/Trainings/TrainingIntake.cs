using System.Collections.Immutable;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Writes the rows of a training into its folder, tokenised with its model, and stores how many there are.</summary>
internal sealed class TrainingIntake(
    IDbContextFactory<SparDb> databases, ITextEngine engine, ModelFolder folders, ModelFiles files)
{
    /// <exception cref="TrainingException">Nothing is left to train on.</exception>
    public async Task PrepareAsync(TrainingRun run, string folder, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var parent = await db.Models.AsNoTracking().Include(m => m.Base).SingleAsync(m => m.Id == run.ModelId, cancellationToken);
        var file = parent.In(folders.Root);
        await files.CheckAsync(file, cancellationToken);
        var job = new TrainingJob(run.Method, file.Path, run.Options)
        {
            ModelSha256 = file.Sha256,
            Weights = [.. run.Sources.Select(s => s.Weight).OfType<double>()],
        };
        SourceData RowsOf(TrainingSource source) => new(source, TrainingDataStore.ReadAsync(db, source, cancellationToken));
        PreparedData data;
        // Only to tokenise; its memory is free again before the process starts.
        await using (var model = await engine.LoadAsync(file, cancellationToken))
            data = await TrainingPreparation.WriteAsync(
                folder, job, model, [.. run.Sources.Select(RowsOf)], run.EvalSource is { } eval ? RowsOf(eval) : null, cancellationToken);
        await files.CheckAsync(file, cancellationToken);
        await StoreAsync(db, run, data, cancellationToken);
        RequireRows(run, data);
        // The job's file marks the folder as complete, so it comes after the row: after a crash here all is prepared again.
        await TrainingPreparation.CompleteAsync(folder, job, cancellationToken);
    }

    private static void RequireRows(TrainingRun run, PreparedData data)
    {
        if (data.Rows == 0)
            throw new TrainingException("no-rows", $"All rows were dropped{First(null)} Raise options.max_length or give other data.");
        if (run.EvalSource is { } eval && data.HeldOut == 0)
            throw new TrainingException(
                "no-eval-rows", $"All rows of eval_dataset were dropped{First(eval)} Raise options.max_length or give other rows.");
        if (run.Sources.Zip(data.Sources).FirstOrDefault(s => s.First.Weight is not null && s.Second.Used == 0) is ({ } empty, _))
            throw new TrainingException(
                "no-rows", $"No row of {empty.Id} is left to train on, and it has a weight{First(empty)} Leave that dataset out, or give "
                + "other data.");

        string First(TrainingSource? source) =>
            data.Dropped.FirstOrDefault(d => source is null || d.Dataset == source.Id) is { } dropped
                ? $"; the first ({dropped.Id}) because: {dropped.Reason}" : ".";
    }

    private static async Task StoreAsync(SparDb db, TrainingRun run, PreparedData data, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.TrainingDroppedRows.Where(r => r.TrainingRunId == run.Id).ExecuteDeleteAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.training_dropped_rows (training_run_id, ordinal, row_id, reason, dataset)
            SELECT {run.Id}, ordinal - 1, row_id, reason, dataset
            FROM unnest(
                {data.Dropped.Select(r => r.Id).ToArray()}, {data.Dropped.Select(r => r.Reason).ToArray()},
                {data.Dropped.Select(r => r.Dataset).ToArray()}) WITH ORDINALITY AS dropped (row_id, reason, dataset, ordinal)
            """, cancellationToken);
        await db.TrainingRuns.Where(r => r.Id == run.Id).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.Rows, data.Rows).SetProperty(r => r.EvalRows, data.HeldOut)
                .SetProperty(r => r.SourceRows, (ImmutableArray<SourceRows>?)data.Sources)
                .SetProperty(r => r.DroppedCount, data.Dropped.Length)
                .SetProperty(r => r.DatasetHash, data.Hash).SetProperty(r => r.Steps, data.Steps(run.Options)), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
