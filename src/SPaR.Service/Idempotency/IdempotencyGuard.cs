using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Idempotency;

/// <summary>Answers a request whose <c>Idempotency-Key</c> was used before as it was answered then, without doing it again. A request of
/// that key is one in method, address, query and body, from the same API key.</summary>
internal sealed class IdempotencyGuard(StoredRequests requests, LostAnswers lost)
{
    private const int LongestKey = 255, RetrySeconds = 1;

    /// <summary>The keys whose requests this process is handling. Another process is kept out by the row's primary key, when it
    /// commits.</summary>
    private readonly ConcurrentDictionary<(string Caller, string Key), bool> _inProgress = new();

    private static Problem InvalidKey { get; } = new(
        StatusCodes.Status400BadRequest, "invalid-idempotency-key",
        $"Idempotency-Key must be one value of 1 to {LongestKey} visible ASCII characters, such as a UUID.");

    private static Problem InProgress { get; } = Problem.Conflict(
        "idempotency-in-progress", "The first request with this Idempotency-Key is still in progress. Send it again after Retry-After "
        + "seconds to get its answer.") with
    { RetryAfter = RetrySeconds };

    private static Problem Mismatch { get; } = new(
        StatusCodes.Status422UnprocessableEntity, "idempotency-mismatch",
        "This Idempotency-Key was used for another request: the method, the address, the query or the body differs. Use a new key for a "
        + "new request.");

    public async Task HandleAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<IdempotentEndpoint>() is not { } endpoint
            || http.Request.Headers[IdempotentConventions.Header] is not { Count: > 0 } given)
        {
            await next(http);
            return;
        }

        if (given is not [{ Length: >= 1 and <= LongestKey } key] || key.Any(c => c is < '!' or > '~'))
        {
            await InvalidKey.WriteAsync(http);
            return;
        }

        using var request = new IdempotentRequest(http, endpoint, key);
        if (!_inProgress.TryAdd((request.Caller, key), true))
        {
            await InProgress.WriteAsync(http);
            return;
        }

        try
        {
            if (!await AnswerAgainAsync(http, request, next))
                await AnswerFirstAsync(http, request, next);
        }
        finally
        {
            _inProgress.TryRemove((request.Caller, key), out _);
        }
    }

    private async Task AnswerFirstAsync(HttpContext http, IdempotentRequest request, RequestDelegate next)
    {
        var taken = http.GetEndpoint()!.Metadata.GetMetadata<IAcceptsMetadata>();
        // Nothing reads it otherwise. An upload is read whole before its transaction begins.
        if (taken is null)
            await request.HashAsync(http.RequestAborted);
        http.Features.Set(request);
        http.Features.Set<AnswerForeseen>(request.Foresee);
        KeptAnswer answer;
        try
        {
            answer = await CapturedResponse.OfAsync(http, next);
            if (answer.IsSuccess && request.IsStored)
                await requests.CompleteAsync(request, answer, CancellationToken.None);
            else if (answer.IsSuccess)
                await requests.KeepAsync(request, answer, CancellationToken.None);
        }
        catch (RequestRepeatedException)
        {
            await AnswerAgainAsync(http, request, next);
            return;
        }
        finally
        {
            http.Features.Set<IdempotentRequest>(null);
        }

        // Another process may have done it meanwhile, and its result be why this one was refused.
        if (answer.IsSuccess || request.IsStored || !await AnswerAgainAsync(http, request, next))
            await CapturedResponse.WriteAsync(http, answer, isRepeated: false);
    }

    /// <returns>False if nothing is stored under the key.</returns>
    private async Task<bool> AnswerAgainAsync(HttpContext http, IdempotentRequest request, RequestDelegate next)
    {
        if (await requests.FindAsync(request, http.RequestAborted) is not { } stored)
            return false;
        // A body that was read for the endpoint already keeps its limit.
        if (http.GetEndpoint()!.Metadata.GetMetadata<IAcceptsMetadata>() is { ContentTypes: not ["application/json"] }
            && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false })
            BodyLimits.RaiseForUpload(http);
        var hash = await request.HashAsync(http.RequestAborted);
        if (!hash.AsSpan().SequenceEqual(stored.RequestHash))
        {
            await Mismatch.WriteAsync(http);
            return true;
        }

        var answer = stored.Answer is { } kept
            ? KeptAnswer.Open(kept, request.Key)
            : await lost.FindAsync(http, request.Endpoint, stored.Resource, next);
        if (stored.Answer is null && answer.IsSuccess)
            await requests.CompleteAsync(request, answer, CancellationToken.None);
        await CapturedResponse.WriteAsync(http, answer, isRepeated: true);
        return true;
    }
}
