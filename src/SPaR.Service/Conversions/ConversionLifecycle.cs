using SPaR.Method;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;

namespace SPaR.Service.Conversions;

/// <summary>Creates conversions, and stores what belongs to the moves of their status. Knows nothing of files and processes.</summary>
internal sealed class ConversionLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    public async Task CreateAsync(Conversion conversion, CancellationToken cancellationToken)
    {
        await databases.InTransactionAsync(
            db => StatusMover.CreateAsync(db, WorkKind.Conversion, conversion.Id, conversion, cancellationToken), cancellationToken);
        await queue.EnqueueAsync(JobRequest.Convert(conversion.Id), cancellationToken);
    }

    /// <exception cref="InvalidStateException">It has ended, or is being cancelled already.</exception>
    public Task CancelAsync(string id, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            await StatusMover.MoveAsync(db, WorkKind.Conversion, id, StatusMove.Cancel, cancellationToken);
            // Without a worker on it there is nobody to wait for.
            await StatusMover.CompleteStopAsync(db, WorkKind.Conversion, id, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>Starts a failed conversion from the beginning.</summary>
    /// <exception cref="InvalidStateException">It has not failed.</exception>
    public async Task RetryAsync(string id, CancellationToken cancellationToken)
    {
        await databases.InTransactionAsync(
            db => StatusMover.MoveAsync(db, WorkKind.Conversion, id, StatusMove.Retry, cancellationToken), cancellationToken);
        await queue.EnqueueAsync(JobRequest.Convert(id), cancellationToken);
    }

    /// <summary>Marks a queued conversion as running.</summary>
    /// <returns>Whether it is running now.</returns>
    public Task<bool> StartAsync(string id, CancellationToken cancellationToken) => databases.InTransactionAsync(
        db => StatusMover.StartAsync(db, WorkKind.Conversion, id, cancellationToken), cancellationToken);

    /// <returns>Whether it is still to go on.</returns>
    public async Task<bool> ReportAsync(string id, double progress, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Conversions.Where(c => c.Id == id && c.Status == RunStatus.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.Progress, progress), cancellationToken) == 1;
    }

    /// <summary>Ends it with its result, in one transaction with the row of its model.</summary>
    /// <returns>False if it is not running any more.</returns>
    public Task<bool> SucceedAsync(
        string id, string path, Model? model, PerplexityReport? perplexity, CancellationToken cancellationToken) =>
        databases.InTransactionAsync(
            async db =>
            {
                if (await StatusMover.TryMoveAsync(db, WorkKind.Conversion, id, StatusMove.Succeed, null, cancellationToken) is null)
                    return false;
                if (model is not null)
                {
                    db.Models.Add(model);
                    await db.SaveChangesAsync(cancellationToken);
                }

                var resultId = model?.Id;
                await db.Conversions.Where(c => c.Id == id).ExecuteUpdateAsync(
                    set => set.SetProperty(c => c.Path, path).SetProperty(c => c.ResultId, resultId)
                        .SetProperty(c => c.Perplexity, perplexity).SetProperty(c => c.Progress, 1),
                    cancellationToken);
                return true;
            },
            cancellationToken);

    public Task FailAsync(string id, string code, string message, CancellationToken cancellationToken) => databases.InTransactionAsync(
        db => StatusMover.TryMoveAsync(db, WorkKind.Conversion, id, StatusMove.Fail, new(code, message), cancellationToken),
        cancellationToken);

    /// <summary>Completes a cancellation that no worker holds up any more. Harmless at any time, from any process.</summary>
    public Task CompleteStopAsync(string id, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            await StatusMover.CompleteStopAsync(db, WorkKind.Conversion, id, cancellationToken);
            return true;
        },
        cancellationToken);
}
