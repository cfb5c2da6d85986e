using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Idempotency;

/// <summary>A request with an <c>Idempotency-Key</c> while it is handled.</summary>
internal sealed class IdempotentRequest : IDisposable
{
    private readonly string _head;
    private readonly HashedBody _body;

    public IdempotentRequest(HttpContext http, IdempotentEndpoint endpoint, string key)
    {
        var request = http.Request;
        (Endpoint, Key, KeyHash) = (endpoint, key, SHA256.HashData(Encoding.ASCII.GetBytes(key)));
        Caller = KeyGrant.Of(http)?.Id ?? "";
        Resource = endpoint.Creates is null ? request.RouteValues["id"] as string : null;
        _head = $"{request.Method} {request.Path}{request.QueryString}";
        request.Body = _body = new(request);
    }

    public IdempotentEndpoint Endpoint { get; }

    public string Key { get; }

    public byte[] KeyHash { get; }

    public string Caller { get; }

    /// <summary>The id of what is created or changed, as soon as it is known.</summary>
    public string? Resource { get; set; }

    /// <summary>Whether the row is written in the transaction of the change.</summary>
    public bool IsStored { get; set; }

    /// <summary>The answer, where it is known before the commit.</summary>
    public KeptAnswer? Foreseen { get; private set; }

    public void Foresee(int status, string? location, object? body) => Foreseen = new(
        status, body is null ? null : "application/json; charset=utf-8", location, null,
        body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), ApiJson.Options));

    public void Dispose() => _body.Dispose();

    /// <summary>SHA-256 of method, path, query and body. Reads what is left of the body.</summary>
    public async Task<byte[]> HashAsync(CancellationToken cancellationToken) => SHA256.HashData(
        [.. Encoding.UTF8.GetBytes(_head), (byte)'\n', .. await _body.FinishAsync(cancellationToken)]);
}
