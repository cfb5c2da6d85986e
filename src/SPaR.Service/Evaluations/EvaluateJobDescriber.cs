using SPaR.Method.Input;
using SPaR.Service.Jobs;

namespace SPaR.Service.Evaluations;

/// <summary>Describes an evaluation's job by the items that are measured.</summary>
internal sealed class EvaluateJobDescriber(IDbContextFactory<SparDb> databases) : IJobDescriber
{
    public string Kind => JobKinds.Evaluate;

    public async Task<JobDescription?> DescribeAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var evaluation = await db.Evaluations.AsNoTracking().SingleOrDefaultAsync(e => e.Id == key, cancellationToken);
        if (evaluation is null)
            return null;
        var done = await db.EvaluationResults.CountAsync(r => r.EvaluationId == key, cancellationToken);
        return new(
            key, $"{evaluation.Benchmark}, {EnumName.Of(evaluation.Status)}", done, evaluation.Items, $"/v1/evaluations/{key}");
    }
}
