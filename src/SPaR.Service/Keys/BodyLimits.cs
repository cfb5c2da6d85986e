using Microsoft.AspNetCore.Http.Features;

namespace SPaR.Service.Keys;

/// <summary>Limits request bodies: to the key's limit for uploads, which are received into files, and to at most the server's 30 MB for
/// bodies that are held in memory.</summary>
internal static class BodyLimits
{
    public static void Lower(HttpContext http)
    {
        var server = http.Features.Get<IHttpMaxRequestBodySizeFeature>()!;
        if (KeyGrant.Of(http) is { } grant && server is { IsReadOnly: false } && server.MaxRequestBodySize > grant.MaxBodyBytes)
            server.MaxRequestBodySize = grant.MaxBodyBytes;
    }

    /// <summary>For a body that is received into a file.</summary>
    /// <returns>The key's limit.</returns>
    public static long RaiseForUpload(HttpContext http)
    {
        var limit = KeyGrant.Of(http)!.MaxBodyBytes;
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = limit;
        return limit;
    }
}
