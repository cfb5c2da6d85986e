using SPaR.Method.Recipes;
using SPaR.Service.Items;

namespace SPaR.Service.Runs;

/// <summary>Finds what makes the results of a run say less than they seem to.</summary>
internal static class RunWarnings
{
    private const int MostNamed = 5;

    /// <summary>A run that trains on constraint types which its benchmarks also report on measures what it learnt, not how well that
    /// generalises.</summary>
    public static async Task<IReadOnlyList<RunWarning>> FindAsync(
        SparDb db, string set, Recipe recipe, CancellationToken cancellationToken)
    {
        string[] benchmarks = [.. recipe.Evaluate.Benchmarks.Select(b => b.Data).OfType<string>()];
        if (recipe.Train is null || benchmarks.Length == 0)
            return [];
        // Constraints are a list of objects with an id, or as in IFEval an object with a list of ids.
        var shared = await db.Database.SqlQuery<string>(
            $"""
            SELECT trained.id #>> ARRAY[]::text[] AS "Value" FROM spar.instructions i CROSS JOIN LATERAL (
                SELECT jsonb_path_query(i.constraints, 'lax $[*].id')
                UNION ALL SELECT jsonb_path_query(i.constraints, 'lax $.instruction_id_list[*]')) AS trained (id)
            WHERE i.set_id = {set} AND i.constraints IS NOT NULL
            INTERSECT
            SELECT reported.id #>> ARRAY[]::text[] FROM spar.benchmark_items b CROSS JOIN LATERAL
                jsonb_path_query(b.body, 'lax $.instruction_id_list[*]') AS reported (id)
            WHERE b.set_id = ANY ({benchmarks}) ORDER BY 1
            """).ToListAsync(cancellationToken);
        if (shared.Count == 0)
            return [];
        var more = shared.Count > MostNamed ? $" and {shared.Count - MostNamed} more" : "";
        return
        [
            new(
                "constraint-overlap", $"The run trains on constraint types that its benchmarks report on: "
                + $"{string.Join(", ", shared.Take(MostNamed))}{more}. Their measures say how well the model learnt these types, not how "
                + "well it follows new ones. Train on other types, or report on others."),
        ];
    }
}
