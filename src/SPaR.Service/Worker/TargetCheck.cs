using SPaR.Service.Items;

namespace SPaR.Service.Worker;

/// <summary>Leaves out the instructions of a round that nobody has started, once the run's target is reached. Counting takes longer the
/// more there is, so it looks so often that a twentieth of the time goes into it.</summary>
internal sealed class TargetCheck(IDbContextFactory<SparDb> databases, Run run, int round, TimeProvider time)
{
    private const int Share = 20;

    private TimeSpan _wait;
    private long _checked;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (run.Target is not { } target || time.GetElapsedTime(_checked) < _wait)
            return;
        var started = time.GetTimestamp();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (target.Reached(await ItemStore.UseAsync(db, run.Id, round, cancellationToken)) is { } detail)
            await ItemStore.LeaveOutAsync(db, run.Id, round, detail, cancellationToken);
        _checked = time.GetTimestamp();
        _wait = Share * time.GetElapsedTime(started, _checked);
    }
}
