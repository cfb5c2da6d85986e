using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SPaR.Service.Keys;

/// <summary>How an endpoint says who may call it, beside its mapping. One that says nothing is refused to everybody.</summary>
public static class ScopeConventions
{
    /// <summary>Lets in keys with this scope or a higher one. Said of a group and of an endpoint in it, the higher of the two
    /// holds.</summary>
    public static T RequireScope<T>(this T endpoint, Scope scope)
        where T : IEndpointConventionBuilder
    {
        endpoint.RequireAuthorization(PolicyOf(scope));
        endpoint.WithMetadata(new RequiredScope(scope));
        return endpoint;
    }

    /// <summary>Lets in everybody, with a key or without.</summary>
    public static T OpenToAll<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.AllowAnonymous();

    /// <returns>Null where it is open to all, or declares nothing.</returns>
    public static Scope? ScopeOf(this Endpoint endpoint) => ScopeOf(endpoint.Metadata);

    /// <inheritdoc cref="ScopeOf(Endpoint)"/>
    public static Scope? ScopeOf(IEnumerable<object> metadata) =>
        metadata.OfType<RequiredScope>().Select(required => (Scope?)required.Scope).Max();

    /// <summary>Whether it says who may call it.</summary>
    internal static bool Declares(this Endpoint endpoint) =>
        endpoint.ScopeOf() is not null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    internal static string PolicyOf(Scope scope) => $"scope-{scope}";

    private sealed record RequiredScope(Scope Scope);
}
