using SPaR.Service.Trainings;

namespace SPaR.Service.OpenAi;

/// <summary>The training runs that are fine-tuning jobs: those on an uploaded file, however they were created.</summary>
internal static class FineTuningJobs
{
    public static IQueryable<TrainingRun> In(SparDb db) => db.TrainingRuns.FromSql(
        $"""
        SELECT * FROM spar.training_runs WHERE jsonb_array_length(sources) = 1 AND sources -> 0 ->> 'upload' IS NOT NULL
        """).AsNoTracking();

    /// <param name="metadata">As JSON: those that have all its pairs.</param>
    public static IQueryable<TrainingRun> With(SparDb db, string metadata) => db.TrainingRuns.FromSql(
        $"""
        SELECT * FROM spar.training_runs
        WHERE jsonb_array_length(sources) = 1 AND sources -> 0 ->> 'upload' IS NOT NULL AND metadata @> {metadata}::jsonb
        """).AsNoTracking();

    public static IQueryable<TrainingRun> WithoutMetadata(SparDb db) => In(db).Where(r => r.Metadata == null);
}
