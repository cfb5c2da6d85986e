using SPaR.Method.Input;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Rounds;

namespace SPaR.Service.Worker;

/// <summary>Describes a run's jobs by the progress of its current stage: inputs, training steps or benchmark items.</summary>
internal sealed class RunJobDescriber(IDbContextFactory<SparDb> databases) : IJobDescriber
{
    public string Kind => JobKinds.Run;

    public async Task<JobDescription?> DescribeAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await RoundStore.Newest(db, key).FirstOrDefaultAsync(cancellationToken) is not { } round)
            return null;
        var progress = await StageProgress.ReadAsync(db, round, null, cancellationToken);
        return new(
            key, FormattableString.Invariant($"round {round.Round}, {EnumName.Of(round.Stage)}"), progress.Done, progress.Total,
            Run.Link(key));
    }
}
