using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using SPaR.Abstractions;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Training;

/// <summary>Supervises one training run on this worker, from its data to its model. The training itself runs in a process of its own,
/// which goes on when this job is cut off; the next one finds it.</summary>
internal sealed class TrainJob(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    TrainingLifecycle lifecycle,
    TrainingKeeper keeper,
    TrainingDesk desk,
    ILogger<TrainJob> logger) : IJobHandler
{
    public const string JobKind = "train";

    /// <summary>First half of the advisory lock that the supervisor of a run holds; the second is the hash of its id.</summary>
    public const int LockSpace = 0x53505452;

    public string Kind => JobKind;

    public static JobRequest Request(string runId) => new(JobKind, runId, "{}");

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var runId = request.Key;
        // Too much to do already: the watch of a worker that is free asks again.
        using var claim = desk.TryClaim(runId);
        if (claim is null)
            return;
        // Two supervisors would start two processes. The lock goes with the connection, and so with a supervisor that dies.
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, hashtext($2))", connection)
        {
            Parameters = { new() { Value = LockSpace }, new() { Value = runId } },
        };
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken))!)
            return;
        try
        {
            await SuperviseAsync(runId, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException && error.GetBaseException() is not NpgsqlException)
        {
            // A run that cannot be prepared says so and ends; what a database in trouble throws goes back to the queue.
            Log.TrainingFailed(logger, error, runId);
            await lifecycle.FailAsync(runId, CodeOf(error), error.Message, null, cancellationToken);
        }
        finally
        {
            await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection);
            await unlock.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private static string CodeOf(Exception error) => error switch
    {
        ModelRejectedException rejected => rejected.Code,
        NativeLibraryMissingException => "native-library-missing",
        IOException => "disk",
        TrainingException training => training.Code,
        _ => "supervision-failed",
    };

    private async Task SuperviseAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var run = await db.TrainingRuns.AsNoTracking().SingleOrDefaultAsync(r => r.Id == runId, cancellationToken);
        if (run is null || TrainingMoves.IsEnd(run.Status) || run.Status is TrainingStatus.Paused)
            return;
        if (run.Status is TrainingStatus.Queued)
            await lifecycle.TryMoveAsync(runId, TrainingStatus.Running, cancellationToken);
        await keeper.KeepAsync(run, cancellationToken);
    }
}

/// <summary>A run that cannot go on, for a reason that its user can do something about.</summary>
internal sealed class TrainingException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
