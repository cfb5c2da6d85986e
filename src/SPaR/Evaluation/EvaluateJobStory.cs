using Microsoft.EntityFrameworkCore;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Evaluation;

/// <summary>Tells of an evaluation's job how many of its items are measured. Those of a run's rounds are the run's jobs.</summary>
internal sealed class EvaluateJobStory(IDbContextFactory<SparDb> databases) : IJobStory
{
    public string Kind => EvaluateJob.JobKind;

    public async Task<JobStory?> TellAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var evaluation = await db.Evaluations.AsNoTracking().SingleOrDefaultAsync(e => e.Id == key, cancellationToken);
        if (evaluation is null)
            return null;
        var done = await db.EvaluationResults.CountAsync(r => r.EvaluationId == key, cancellationToken);
        return new(
            key, $"{evaluation.Benchmark}, {Kebab.Of(evaluation.Status)}", done, evaluation.Items, $"/v1/evaluations/{key}");
    }
}
