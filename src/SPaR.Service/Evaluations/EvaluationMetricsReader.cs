using SPaR.Method;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Evaluations;

/// <summary>Counts the results of evaluations: items by state, and how fast they arrive.</summary>
internal static class EvaluationMetricsReader
{
    private const int LastResults = 40;

    /// <returns>The views of the evaluations, in their order.</returns>
    public static async Task<IReadOnlyList<EvaluationView>> ReadAsync(
        SparDb db, IReadOnlyList<EvaluationRun> evaluations, CancellationToken cancellationToken)
    {
        var ids = evaluations.Select(e => e.Id).ToList();
        var counts = (await db.EvaluationResults.Where(r => ids.Contains(r.EvaluationId)).GroupBy(r => new { r.EvaluationId, r.State })
            .Select(g => new
            {
                g.Key.EvaluationId,
                g.Key.State,
                Count = g
                .Count()
            }).ToListAsync(cancellationToken)).ToLookup(c => c.EvaluationId);
        var activities = await Activity.ReadAsync(db, ids, cancellationToken);
        var views = new List<EvaluationView>();
        foreach (var evaluation in evaluations)
        {
            var progress = EvaluationProgress.Of(
                evaluation.Items, counts[evaluation.Id].ToDictionary(c => c.State, c => c.Count));
            var last = evaluation.Status is not RunStatus.Running
                ? []
                : await db.EvaluationResults.Where(r => r.EvaluationId == evaluation.Id).OrderByDescending(r => r.CreatedAt)
                    .Take(LastResults).Select(r => r.CreatedAt).ToListAsync(cancellationToken);
            views.Add(EvaluationView.Of(evaluation, progress, last, activities.GetValueOrDefault(evaluation.Id)));
        }

        return views;
    }
}
