using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SPaR.Service.Idempotency;

/// <summary>Adds the row of a request with an <c>Idempotency-Key</c> to the first transaction that the request commits: the change and the
/// row exist both or neither.</summary>
internal sealed class RequestRecorder(IHttpContextAccessor accessor, IOptions<IdempotencyOptions> options, TimeProvider time)
    : DbTransactionInterceptor, ISaveChangesInterceptor
{
    private IdempotentRequest? Current => accessor.HttpContext?.Features.Get<IdempotentRequest>() is { IsStored: false } request
        ? request
        : null;

    public ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (Current is { } request && eventData.Context is { } db)
        {
            // A single statement would commit by itself, without a word to this class.
            db.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
            if (request.Endpoint.Creates is { } row)
                request.Resource ??= db.ChangeTracker.Entries()
                    .FirstOrDefault(e => e.State is EntityState.Added && e.Metadata.ClrType == row)?.Property("Id").CurrentValue as string;
        }

        return new(result);
    }

    /// <exception cref="RequestRepeatedException">Another process has handled the same key since this request began; the transaction is
    /// rolled back.</exception>
    public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        if (Current is { } request && eventData.Context is { } db)
        {
            await StoredRequests.AddAsync(
                db, request, request.Foreseen, time.GetUtcNow(), options.Value.Kept, cancellationToken);
            request.IsStored = true;
        }

        return result;
    }
}

/// <summary>The key of this request was used by a request that another process has handled meanwhile.</summary>
internal sealed class RequestRepeatedException() : Exception("Another request with this Idempotency-Key was faster.");
