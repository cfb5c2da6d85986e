using SPaR.Service.Live;
using SPaR.Service.Logging;
using SPaR.Service.Models;

namespace SPaR.Service.Worker;

/// <summary>Works on one live request to its end: a result, a failure with its reason, or nobody waits any more.</summary>
internal sealed class LiveWork(
    IDbContextFactory<SparDb> databases, LiveWorkStore store, RunModelLoader loader, LiveRefinement refinement, LiveCompletion completion,
    ModelFolder folder, TimeProvider time, ILogger<LiveWork> logger)
{
    /// <summary>A request that so many workers died over is given up: it may be what kills them.</summary>
    private const int MaxLeases = 3;

    /// <summary>A model that takes longer is being loaded.</summary>
    private static readonly TimeSpan Loading = TimeSpan.FromMilliseconds(200);

    /// <param name="unwanted">Cancelled when the request is cancelled or another worker has it.</param>
    /// <param name="stopping">Cancelled when this process stops.</param>
    public async Task RunAsync(LiveLease lease, CancellationToken unwanted, CancellationToken stopping)
    {
        try
        {
            await EndAsync(lease, unwanted, stopping);
        }
        catch (Exception error) when (error.IsDatabaseError())
        {
            // The lease expires, and another worker takes the request.
            logger.LiveRequestFailed(error, lease.Id);
        }
    }

    private async Task EndAsync(LiveLease lease, CancellationToken unwanted, CancellationToken stopping)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(unwanted, stopping);
        try
        {
            await store.SucceedAsync(lease, await WorkAsync(lease, stop.Token), CancellationToken.None);
        }
        catch (LiveLeaseLostException)
        {
            logger.LiveLeaseLost(lease.Id);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await store.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (OperationCanceledException) when (unwanted.IsCancellationRequested)
        {
            await store.CancelAsync(lease, CancellationToken.None);
        }
        catch (Exception error) when (!error.IsDatabaseUnavailable())
        {
            logger.LiveRequestFailed(error, lease.Id);
            await store.FailAsync(lease, CodeOf(error), folder.WithNames(error.Message), CancellationToken.None);
        }
    }

    private static string CodeOf(Exception error) => error switch
    {
        PromptTooLongException => LiveFailures.TooLong,
        ModelRejectedException rejected => rejected.Code,
        NativeLibraryMissingException => "native-library-missing",
        ModelProcessDiedException => LiveFailures.ProcessDied,
        LiveWorkerLostException => LiveFailures.WorkerLost,
        _ => LiveFailures.Unexpected,
    };

    private async Task<LiveResult> WorkAsync(LiveLease lease, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var request = await db.LiveRequests.AsNoTracking().SingleAsync(r => r.Id == lease.Id, cancellationToken);
        var outputs = await db.LiveOutputs.AsNoTracking().Where(o => o.RequestId == lease.Id).OrderBy(o => o.Ordinal)
            .ToListAsync(cancellationToken);
        // Text that was given cannot be taken back, and rounding could make the second one another.
        if (lease.Epoch > MaxLeases || outputs.Any(o => o.Content.Text is not null))
            throw new LiveWorkerLostException();
        await using var models = await LoadAsync(db, request, lease, cancellationToken);
        return request.Completion is { } options
            ? await completion.RunAsync(request, options, lease, models.Models.Actor, cancellationToken)
            : await refinement.RunAsync(request, lease, outputs, models.Models, cancellationToken);
    }

    private async Task<RunModelLoader.Lease> LoadAsync(
        SparDb db, LiveRequest request, LiveLease lease, CancellationToken cancellationToken)
    {
        string[] ids = [.. new[] { request.ActorId, request.RefinerId, request.JudgeId }.Distinct()];
        if (await db.Models.CountAsync(m => ids.Contains(m.Id), cancellationToken) < ids.Length)
            throw new ModelRejectedException("model-deleted", "A model of the request was deleted meanwhile. Name another.");
        var loading = loader.LeaseAsync(db, request.ActorId, request.RefinerId, request.JudgeId, cancellationToken);
        try
        {
            if (await Task.WhenAny(loading, Task.Delay(Loading, time, cancellationToken)) != loading)
                await store.WriteAsync(lease, new(Loads: true), cancellationToken);
        }
        catch
        {
            await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (loading.IsCompletedSuccessfully)
                await (await loading).DisposeAsync();
            throw;
        }

        return await loading;
    }
}

/// <summary>The worker that had the request has died, and it cannot be taken over.</summary>
internal sealed class LiveWorkerLostException() : Exception(LiveFailures.WorkerLostMessage);
