using System.Text.Json.Nodes;

namespace SPaR.Service.Trainings;

/// <summary>Stores the metrics of steps, each step once, however often it is read.</summary>
internal sealed class TrainingMetricStore(IDbContextFactory<SparDb> databases, TimeProvider time)
{
    public async Task AddAsync(string runId, IReadOnlyList<JsonObject> metrics, CancellationToken cancellationToken)
    {
        if (metrics.Count == 0)
            return;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        foreach (var values in metrics)
        {
            var step = values["step"]!.GetValue<int>();
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO spar.training_metrics (training_run_id, step, "values", read_at)
                VALUES ({runId}, {step}, {values.ToJsonString()}::jsonb, {now}) ON CONFLICT DO NOTHING
                """, cancellationToken);
        }

        var last = metrics.Max(m => m["step"]!.GetValue<int>());
        var total = metrics[^1]["total_steps"]?.GetValue<int>();
        await db.TrainingRuns.Where(r => r.Id == runId && r.Step < last).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.Step, last).SetProperty(r => r.Steps, r => total ?? r.Steps), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
