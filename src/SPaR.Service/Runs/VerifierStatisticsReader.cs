using SPaR.Service.Instructions;
using SPaR.Service.Items;

namespace SPaR.Service.Runs;

/// <summary>Counts the verifier's verdicts on the answers of runs, by round.</summary>
internal static class VerifierStatisticsReader
{
    /// <returns>By run; only those of which an instruction has constraints.</returns>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyCollection<VerifiedGroup>>> ReadAsync(
        SparDb db, IReadOnlyList<Run> runs, CancellationToken cancellationToken)
    {
        var sets = runs.Select(r => r.SetId).Distinct().ToList();
        var instructions = db.Instructions;
        var verified = await db.InstructionSets.Where(s => sets.Contains(s.Id))
            .Where(s => instructions.Any(i => i.SetId == s.Id && i.Constraints != null)).Select(s => s.Id).ToListAsync(cancellationToken);
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
