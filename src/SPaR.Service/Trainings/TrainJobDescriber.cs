using SPaR.Method.Input;
using SPaR.Service.Items;
using SPaR.Service.Jobs;

namespace SPaR.Service.Trainings;

/// <summary>Describes a training's job by the steps that are done.</summary>
internal sealed class TrainJobDescriber(IDbContextFactory<SparDb> databases) : IJobDescriber
{
    public string Kind => JobKinds.Train;

    public async Task<JobDescription?> DescribeAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var training = await db.TrainingRuns.AsNoTracking().SingleOrDefaultAsync(t => t.Id == key, cancellationToken);
        return training switch
        {
            null => null,
            { RunId: { } run } => Of($"{key} of {run}", Run.Link(run)),
            _ => Of(key, $"/v1/training-runs/{key}"),
        };

        JobDescription Of(string title, string link) =>
            new(
                title, $"{EnumName.Of(training.Method)}, {EnumName.Of(training.Status)}",
                training.Steps is null ? null : training.Step, training.Steps, link);
    }
}
