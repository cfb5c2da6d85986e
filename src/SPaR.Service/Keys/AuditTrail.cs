using Microsoft.AspNetCore.Http.Extensions;
using SPaR.Service.Http;
using SPaR.Service.Logging;

namespace SPaR.Service.Keys;

/// <summary>Records every request that may change something: before it runs if it is allowed, afterwards if it was refused.</summary>
internal sealed class AuditTrail(AuditStore store, TimeProvider time, ILogger<AuditTrail> logger)
{
    private const int LongestPath = 500;

    /// <summary>Runs outermost, so that the result is recorded whichever middleware answers.</summary>
    public void Track(HttpContext http)
    {
        if (!Changes(http.Request))
            return;
        var note = new Note(EntryOf(http, time));
        http.Features.Set(note);
        http.Response.OnCompleted(() => FinishAsync(http));
    }

    /// <summary>Runs after authorization. If the entry cannot be stored, the exception fails the request before anything changes.</summary>
    public async Task BeginAsync(HttpContext http)
    {
        if (http.Features.Get<Note>() is not { } note || RequestEnvelope.Is(http))
            return;
        await store.AddAsync(note.Complete(http, null), http.RequestAborted);
        note.IsStored = true;
    }

    /// <summary>Adds the result, when the response is complete.</summary>
    public async Task FinishAsync(HttpContext http)
    {
        if (http.Features.Get<Note>() is not { } note)
            return;
        var status = http.Response.StatusCode;
        try
        {
            if (note.IsStored)
                await store.FinishAsync(
                    note.Entry.Id, KeyGrant.Of(http), status,
                    status == StatusCodes.Status201Created ? http.Response.Headers.Location.ToString() : null, CancellationToken.None);
            else if (status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
                await store.AddAsync(note.Complete(http, status), CancellationToken.None);
        }
        catch (Exception e) when (e.IsDatabaseError())
        {
            logger.AuditWriteFailed(e, note.Entry.Method, note.Entry.Path, status);
        }
    }

    private static bool Changes(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method);

    private static AuditEntry EntryOf(HttpContext http, TimeProvider time) => new()
    {
        Id = Ids.New("aud", time),
        At = time.GetUtcNow(),
        RemoteAddress = http.Connection.RemoteIpAddress?.ToString(),
        Method = http.Request.Method,
        Path = http.Request.GetEncodedPathAndQuery() is var path && path.Length > LongestPath ? path[..LongestPath] : path,
        TraceId = ResponseHeaders.IdOf(http),
    };

    private sealed class Note(AuditEntry entry)
    {
        public AuditEntry Entry => entry;

        public bool IsStored { get; set; }

        /// <summary>Adds what is known by now.</summary>
        public AuditEntry Complete(HttpContext http, int? status) => new()
        {
            Id = entry.Id,
            At = entry.At,
            KeyId = KeyGrant.Of(http)?.Id,
            KeyName = KeyGrant.Of(http)?.Name,
            RemoteAddress = entry.RemoteAddress,
            Method = entry.Method,
            Route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText,
            Path = entry.Path,
            Status = status,
            TraceId = entry.TraceId,
        };
    }
}
