namespace SPaR.Service.Models;

/// <summary>The source of training data: a round of a run, or an upload.</summary>
public sealed record TrainingSource(string? Run, int? Round, string? Upload, TrainingData Data);

public enum TrainingData
{
    Preferences,
    RefinerExamples,
}

internal static class TrainingSourceUsers
{
    /// <returns>The trainings that still need the data of a run or of an upload: all that have neither succeeded nor been cancelled, as one
    /// that failed can be resumed.</returns>
    /// <param name="field"><c>run</c> or <c>upload</c>.</param>
    public static Task<List<string>> OfAsync(SparDb db, string field, string id, CancellationToken cancellationToken) =>
        db.Database.SqlQuery<string>(
            $"""
            SELECT id AS "Value" FROM spar.training_runs
            WHERE source ->> {field} = {id} AND status NOT IN ('succeeded', 'cancelled') ORDER BY id LIMIT 6
            """).ToListAsync(cancellationToken);
}
