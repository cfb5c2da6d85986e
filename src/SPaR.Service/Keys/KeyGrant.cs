using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace SPaR.Service.Keys;

/// <summary>What a request may do, by the key it came with.</summary>
/// <param name="Id">Null in open mode.</param>
public sealed record KeyGrant(string? Id, string Name, Scope Scope, int RequestsPerMinute, long MaxBodyBytes)
{
    internal const string ScopeClaim = "scope";

    /// <summary>Of whoever reaches a service that is open.</summary>
    internal static KeyGrant OfAnybody(KeysOptions options) => new(null, "open", Scope.Admin, int.MaxValue, options.MaxBodyBytes);

    internal static KeyGrant Of(ApiKey key, KeysOptions options) => new(
        key.Id, key.Name, key.Scope, key.RequestsPerMinute ?? options.RequestsPerMinute, key.MaxBodyBytes ?? options.MaxBodyBytes);

    /// <returns>Null for a request that nobody has let in.</returns>
    public static KeyGrant? Of(HttpContext http) => http.Features.Get<KeyGrant>();

    internal ClaimsPrincipal ToPrincipal(string scheme) => new(new ClaimsIdentity(
        [new(ClaimTypes.NameIdentifier, Id ?? ""), new(ClaimTypes.Name, Name), new(ScopeClaim, Scope.ToString())], scheme));
}
