using SPaR.Service.Items;

namespace SPaR.Service.Worker;

/// <summary>Leaves out the instructions of a round that nobody has started, once the run's target is reached. Looks every two seconds,
/// as counting takes longer the more there is.</summary>
internal sealed class TargetCheck(IDbContextFactory<SparDb> databases, Run run, int round, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private long? _checked;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (run.Target is not { } target || (_checked is { } last && time.GetElapsedTime(last) < Interval))
            return;
        _checked = time.GetTimestamp();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (target.Reached(await ItemStore.UseAsync(db, run.Id, round, cancellationToken)) is { } detail)
            await ItemStore.LeaveOutAsync(db, run.Id, round, detail, cancellationToken);
    }
}
