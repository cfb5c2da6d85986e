using System.Security.Claims;

namespace SPaR.Service.Keys;

/// <summary>What a request's key allows.</summary>
/// <param name="Id">Null in open mode.</param>
public sealed record KeyGrant(string? Id, string Name, Scope Scope, int RequestsPerMinute, long MaxBodyBytes)
{
    internal const string ScopeClaim = "scope";

    /// <summary>For every client of an open service.</summary>
    internal static KeyGrant OfAnyone(KeysOptions options) => new(null, "open", Scope.Admin, int.MaxValue, options.MaxBodyBytes);

    internal static KeyGrant Of(ApiKey key, KeysOptions options) => new(
        key.Id, key.Name, key.Scope, key.RequestsPerMinute ?? options.RequestsPerMinute, key.MaxBodyBytes ?? options.MaxBodyBytes);

    /// <returns>Null if the request was not authenticated.</returns>
    public static KeyGrant? Of(HttpContext http) => http.Features.Get<KeyGrant>();

    internal ClaimsPrincipal ToPrincipal(string scheme) => new(new ClaimsIdentity(
        [new(ClaimTypes.NameIdentifier, Id ?? ""), new(ClaimTypes.Name, Name), new(ScopeClaim, Scope.ToString())], scheme));
}
