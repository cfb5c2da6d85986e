using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace SPaR.Service.Models;

/// <summary>The source of training data: a round of a run, or an upload.</summary>
/// <param name="Weight">Its share of an epoch among several sources; null where each row is used once.</param>
public sealed record TrainingSource(string? Run, int? Round, string? Upload, TrainingData Data, double? Weight = null)
{
    /// <summary>The id of the run or the upload.</summary>
    [JsonIgnore]
    public string Id => Run ?? Upload!;

    /// <summary>Whether it has the same rows.</summary>
    public bool IsSame(TrainingSource other) => this with { Weight = null } == other with { Weight = null };
}

public enum TrainingData
{
    Preferences,
    RefinerExamples,
}

/// <summary>What became of the rows of a source.</summary>
/// <param name="Given">All of them.</param>
/// <param name="Used">That are trained on.</param>
/// <param name="HeldOut">That are evaluated and not trained on.</param>
/// <param name="Dropped">That are neither.</param>
public sealed record SourceRows(int Given, int Used, int HeldOut, int Dropped);

internal static class TrainingSourceUsers
{
    /// <returns>The trainings that still need the data of a run or of an upload: all that have neither succeeded nor been cancelled, as one
    /// that failed can be resumed.</returns>
    /// <param name="field"><c>run</c> or <c>upload</c>.</param>
    public static Task<List<string>> OfAsync(SparDb db, string field, string id, CancellationToken cancellationToken)
    {
        var source = new JsonArray(new JsonObject { [field] = id }).ToJsonString();
        return db.Database.SqlQuery<string>(
            $"""
            SELECT id AS "Value" FROM spar.training_runs
            WHERE (sources @> {source}::jsonb OR eval_source ->> {field} = {id}) AND status NOT IN ('succeeded', 'cancelled')
            ORDER BY id LIMIT 6
            """).ToListAsync(cancellationToken);
    }
}
