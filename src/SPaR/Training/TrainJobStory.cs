using Microsoft.EntityFrameworkCore;
using SPaR.Jobs;
using SPaR.Runs;
using SPaR.Storage;

namespace SPaR.Training;

/// <summary>Tells of a training's job how many of its steps are done.</summary>
internal sealed class TrainJobStory(IDbContextFactory<SparDb> databases) : IJobStory
{
    public string Kind => TrainJob.JobKind;

    public async Task<JobStory?> TellAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var training = await db.TrainingRuns.AsNoTracking().SingleOrDefaultAsync(t => t.Id == key, cancellationToken);
        return training switch
        {
            null => null,
            { RunId: { } run } => Of($"{key} of {run}", RunJobStory.Link(run)),
            _ => Of(key, $"/v1/training-runs/{key}"),
        };

        JobStory Of(string title, string link) =>
            new(
                title, $"{Kebab.Of(training.Method)}, {Kebab.Of(training.Status)}",
                training.Steps is null ? null : training.Step, training.Steps, link);
    }
}
