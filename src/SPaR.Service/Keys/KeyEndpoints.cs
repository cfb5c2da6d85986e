using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>Makes, lists and revokes keys, and lists what was changed with them.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("Keys");
        keys.MapPost("", Create).RequireScope(Scope.Admin).WithName("CreateKey").WithSummary("Make a key; its text is shown this once")
            .WithDescription(
                "scope: read (GET), submit (that, and starting, uploading, registering) or admin (that, and deleting, keys, the audit "
                + "log). expires: 30m, 12h, 90d; never where left out. requests_per_minute and max_body_bytes: the service's settings where left "
                + "out. The text is stored nowhere and cannot be read again.")
            .WithMetadata(new BodyExample("""{ "name": "nightly runs", "scope": "submit", "expires": "90d" }"""));
        keys.MapGet("", List).RequireScope(Scope.Admin).WithName("ListKeys").WithSummary("List keys with their last use, newest first");
        keys.MapPost("/{id}/revoke", Revoke).RequireScope(Scope.Admin).WithName("RevokeKey")
            .WithSummary("End a key, and the logins with it; its next request is refused");
        api.MapGet("/audit", Audit).RequireScope(Scope.Admin).WithTags("Keys").WithName("ListAudit")
            .WithSummary("What was changed, and what was refused to be, newest first");
    }

    private static async Task<Results<Created<NewKeyView>, InvalidProblem>> Create(
        KeyRequest request,
        KeyStore store,
        CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        if (NewKey.Read(
            request.Name, request.Scope, request.Expires, request.RequestsPerMinute, request.MaxBodyBytes, errors) is not { } asked)
            return InvalidProblem.Of("invalid-key", errors);
        var (key, text) = await store.CreateAsync(asked, null, cancellationToken);
        return TypedResults.Created($"/v1/keys/{key.Id}", new NewKeyView(text, KeyView.Of(key)));
    }

    private static async Task<Ok<Page<KeyView>>> List([AsParameters] PageQuery page, KeyStore store, CancellationToken cancellationToken)
    {
        var rows = await store.ListAsync(page, cancellationToken);
        return TypedResults.Ok(page.Of([.. rows.Select(KeyView.Of)], k => k.Id));
    }

    private static async Task<Results<Ok<KeyView>, NotFoundProblem>> Revoke(
        string id,
        KeyStore store,
        CancellationToken cancellationToken) =>
        await store.RevokeAsync(id, null, cancellationToken) is { } key ? TypedResults.Ok(KeyView.Of(key)) : NotFoundProblem.Of("key", id);

    private static async Task<Ok<Page<AuditEntry>>> Audit(
        [AsParameters] PageQuery page,
        AuditStore store,
        CancellationToken cancellationToken) =>
        TypedResults.Ok(page.Of(await store.ListAsync(page, cancellationToken), e => e.Id));
}

/// <param name="Name">Whose key it is, 1 to 200 characters.</param>
/// <param name="Scope"><c>read</c>, <c>submit</c> or <c>admin</c>.</param>
/// <param name="Expires">After how long: <c>30m</c>, <c>12h</c>, <c>90d</c>; never where left out.</param>
internal sealed record KeyRequest(
    string Name, string Scope, string? Expires = null, long? RequestsPerMinute = null, long? MaxBodyBytes = null);

/// <param name="Key">The text to send as <c>Authorization: Bearer</c>. Shown this once.</param>
internal sealed record NewKeyView(string Key, KeyView About);

/// <param name="RequestsPerMinute">Null: as the service's setting has it.</param>
/// <param name="MaxBodyBytes">Of an upload; null: as the service's setting has it.</param>
/// <param name="LastUsedAt">Right to a minute; null for one that was never used.</param>
internal sealed record KeyView(
    string Id, string Name, Scope Scope, int? RequestsPerMinute, long? MaxBodyBytes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt)
{
    public static KeyView Of(ApiKey k) => new(
        k.Id, k.Name, k.Scope, k.RequestsPerMinute, k.MaxBodyBytes, k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.LastUsedAt);
}
