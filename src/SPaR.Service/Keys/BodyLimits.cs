using Microsoft.AspNetCore.Http.Features;

namespace SPaR.Service.Keys;

/// <summary>Limits request bodies: to the key's limit for uploads that are read line by line, and to at most the server's 30 MB for bodies
/// that are held in memory.</summary>
internal static class BodyLimits
{
    public static void Lower(HttpContext http)
    {
        var server = http.Features.Get<IHttpMaxRequestBodySizeFeature>()!;
        if (KeyGrant.Of(http) is { } grant && server is { IsReadOnly: false } && server.MaxRequestBodySize > grant.MaxBodyBytes)
            server.MaxRequestBodySize = grant.MaxBodyBytes;
    }

    /// <summary>For a body whose lines are bounded and stored as they arrive.</summary>
    public static void RaiseForUpload(HttpContext http) =>
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = KeyGrant.Of(http)!.MaxBodyBytes;
}
