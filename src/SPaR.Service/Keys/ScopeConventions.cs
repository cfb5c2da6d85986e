using Microsoft.AspNetCore.Authorization;

namespace SPaR.Service.Keys;

/// <summary>Declares at an endpoint's mapping who may call it. An endpoint without a declaration is refused to everybody.</summary>
public static class ScopeConventions
{
    /// <summary>Requires this scope or a higher one. If a group and an endpoint in it declare one, the higher of the two
    /// applies.</summary>
    public static T RequireScope<T>(this T endpoint, Scope scope)
        where T : IEndpointConventionBuilder
    {
        endpoint.RequireAuthorization(PolicyOf(scope));
        endpoint.WithMetadata(new RequiredScope(scope));
        return endpoint;
    }

    /// <summary>Allows everybody, with or without a key.</summary>
    public static T OpenToAll<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.AllowAnonymous();

    /// <returns>Null if it is open to all or declares nothing.</returns>
    public static Scope? ScopeOf(this Endpoint endpoint) => ScopeOf(endpoint.Metadata);

    /// <inheritdoc cref="ScopeOf(Endpoint)"/>
    public static Scope? ScopeOf(IEnumerable<object> metadata) =>
        metadata.OfType<RequiredScope>().Select(required => (Scope?)required.Scope).Max();

    /// <summary>Whether it declares who may call it.</summary>
    internal static bool Declares(this Endpoint endpoint) =>
        endpoint.ScopeOf() is not null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    internal static string PolicyOf(Scope scope) => $"scope-{scope}";

    private sealed record RequiredScope(Scope Scope);
}
