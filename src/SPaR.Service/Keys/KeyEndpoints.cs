using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>Creates, lists and revokes keys, and lists the audit log.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("Keys");
        keys.MapPost("", Create).RequireScope(Scope.Admin).WithName("CreateKey").Idempotent().WithSummary("Create a key")
            .WithDescription(
                "scope: read (GET), submit (also upload, register, start, pause, resume, cancel) or admin (also delete, manage keys, read "
                + "the audit log). expires: for example 30m, 12h or 90d; never by default. requests_per_minute and max_body_bytes default "
                + "to the service's settings. The key is shown only in this response.")
            .WithMetadata(new BodyExample("""{ "name": "nightly runs", "scope": "submit", "expires": "90d" }"""));
        keys.MapGet("", List).RequireScope(Scope.Admin).WithName("ListKeys").WithSummary("List keys, newest first");
        keys.MapPost("/{id}/revoke", Revoke).RequireScope(Scope.Admin).WithName("RevokeKey").Idempotent()
            .WithSummary("Revoke a key and end its logins");
        api.MapGet("/audit", Audit).RequireScope(Scope.Admin).WithTags("Keys").WithName("ListAudit")
            .WithSummary("List the audit log: changes and refused changes, newest first");
    }

    private static async Task<Results<Created<NewKeyView>, InvalidProblem>> Create(
        KeyRequest request, KeyStore store, HttpContext http, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        if (NewKey.Read(
            request.Name, request.Scope, request.Expires, request.RequestsPerMinute, request.MaxBodyBytes, errors) is not { } key)
            return InvalidProblem.Of("invalid-key", errors);
        var made = store.New(key);
        var (address, view) = ($"/v1/keys/{made.Key.Id}", new NewKeyView(made.Text, KeyView.Of(made.Key)));
        http.Features.Get<AnswerForeseen>()?.Invoke(StatusCodes.Status201Created, address, view);
        await store.AddAsync(made.Key, null, cancellationToken);
        return TypedResults.Created(address, view);
    }

    private static async Task<Ok<Page<KeyView>>> List([AsParameters] PageQuery page, KeyStore store, CancellationToken cancellationToken)
    {
        var rows = await store.ListAsync(page, cancellationToken);
        return TypedResults.Ok(page.Of([.. rows.Select(KeyView.Of)], k => k.Id));
    }

    private static async Task<Results<Ok<KeyView>, NotFoundProblem>> Revoke(
        string id, KeyStore store, CancellationToken cancellationToken) =>
        await store.RevokeAsync(id, null, cancellationToken) is { } key ? TypedResults.Ok(KeyView.Of(key)) : NotFoundProblem.Of("key", id);

    private static async Task<Ok<Page<AuditEntry>>> Audit(
        [AsParameters] PageQuery page, AuditStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(page.Of(await store.ListAsync(page, cancellationToken), e => e.Id));
}

/// <param name="Name">Whose key it is, 1 to 200 characters.</param>
/// <param name="Scope"><c>read</c>, <c>submit</c> or <c>admin</c>.</param>
/// <param name="Expires">Lifetime: <c>30m</c>, <c>12h</c>, <c>90d</c>; unlimited by default.</param>
internal sealed record KeyRequest(
    string Name, string Scope, string? Expires = null, long? RequestsPerMinute = null, long? MaxBodyBytes = null);

/// <param name="Key">Send it as <c>Authorization: Bearer</c>. It is not shown again.</param>
internal sealed record NewKeyView(string Key, KeyView About);

/// <param name="RequestsPerMinute">Null: the service's setting applies.</param>
/// <param name="MaxBodyBytes">Of an upload; null: the service's setting applies.</param>
/// <param name="LastUsedAt">To the minute; null if it was never used.</param>
internal sealed record KeyView(
    string Id, string Name, Scope Scope, int? RequestsPerMinute, long? MaxBodyBytes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt)
{
    public static KeyView Of(ApiKey k) => new(
        k.Id, k.Name, k.Scope, k.RequestsPerMinute, k.MaxBodyBytes, k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.LastUsedAt);
}
