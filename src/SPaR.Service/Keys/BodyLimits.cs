using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SPaR.Service.Keys;

/// <summary>How long a body may be: as long as the key says for uploads line by line, and the shorter of that and the server's 30 MB for
/// everything that is held in memory.</summary>
internal static class BodyLimits
{
    public static void Lower(HttpContext http)
    {
        var server = http.Features.Get<IHttpMaxRequestBodySizeFeature>()!;
        if (KeyGrant.Of(http) is { } grant && server is { IsReadOnly: false } && server.MaxRequestBodySize > grant.MaxBodyBytes)
            server.MaxRequestBodySize = grant.MaxBodyBytes;
    }

    /// <summary>For a body whose lines are bounded one by one and stored as they come.</summary>
    public static void RaiseForUpload(HttpContext http) =>
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = KeyGrant.Of(http)!.MaxBodyBytes;
}
