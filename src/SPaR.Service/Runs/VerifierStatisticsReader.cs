using SPaR.Service.Items;

namespace SPaR.Service.Runs;

/// <summary>Counts the verifier's verdicts on the answers of runs, by round.</summary>
internal static class VerifierStatisticsReader
{
    /// <returns>By run; only those of which an instruction has constraints.</returns>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyCollection<VerifiedGroup>>> ReadAsync(
        SparDb db, IReadOnlyList<Run> runs, CancellationToken cancellationToken)
    {
        var sets = runs.Select(r => r.SetId).Distinct().ToArray();
        // A look-up for each set: as a join it may read the instructions of all sets.
        var verified = await db.Database.SqlQuery<string>(
            $"""
            SELECT s.id AS "Value" FROM unnest({sets}) AS s (id) CROSS JOIN LATERAL (
                SELECT FROM spar.instructions i WHERE i.set_id = s.id AND i.constraints IS NOT NULL LIMIT 1) AS constrained
            """).ToListAsync(cancellationToken);
        string[] ids = [.. runs.Where(r => verified.Contains(r.SetId)).Select(r => r.Id)];
        var groups = ids.Length == 0 ? [] : await db.Database.SqlQuery<VerifiedGroup>(
            $"""
            WITH judged AS (
                SELECT run_id, round, instruction_id, 'a' || index AS subject, 0 AS attempt, verifier FROM spar.answers
                UNION ALL
                SELECT run_id, round, instruction_id, path, judged_attempt, verifier FROM spar.nodes WHERE judged_as = path),
            verified AS (
                SELECT run_id, round, 'sampled' AS of, verifier FROM spar.answers
                UNION ALL SELECT run_id, round, 'chosen', chosen_verifier FROM spar.pairs
                UNION ALL SELECT run_id, round, 'rejected', rejected_verifier FROM spar.pairs
                UNION ALL SELECT run_id, round, coalesce(voted_label, label), verifier
                FROM judged JOIN spar.judgements USING (run_id, round, instruction_id, subject, attempt))
            SELECT run_id, round, of, (verifier->>'all_strict')::boolean AS followed, count(*)::int AS count
            FROM verified WHERE run_id = ANY ({ids}) AND verifier IS NOT NULL GROUP BY 1, 2, 3, 4
            """).ToListAsync(cancellationToken);
        return ids.ToDictionary(id => id, id => (IReadOnlyCollection<VerifiedGroup>)[.. groups.Where(g => g.RunId == id)]);
    }
}
