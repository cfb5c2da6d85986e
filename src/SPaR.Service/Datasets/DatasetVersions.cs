namespace SPaR.Service.Datasets;

/// <summary>Gives out the versions of names.</summary>
internal static class DatasetVersions
{
    /// <summary>The row of the name stays locked until the caller's transaction ends: call it last.</summary>
    /// <returns>A version that no dataset of this name has had.</returns>
    public static async Task<int> NextAsync(SparDb db, string name, CancellationToken cancellationToken) =>
        (await db.Database.SqlQuery<int>(
            $"""
            INSERT INTO spar.dataset_names (name, versions) VALUES ({name}, 1)
            ON CONFLICT (name) DO UPDATE SET versions = dataset_names.versions + 1 RETURNING versions AS "Value"
            """).ToListAsync(cancellationToken))[0];
}
