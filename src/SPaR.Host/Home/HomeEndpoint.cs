using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Keys;

namespace SPaR.Host.Home;

/// <summary>The page at the root, one embedded file that takes its data from the API; and <c>/llms.txt</c>, which tells programs that read
/// prose what the service is and how to use it.</summary>
internal static class HomeEndpoint
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
        + "img-src data:; base-uri 'none'; frame-ancestors 'none'";

    public static void MapHome(this IEndpointRouteBuilder app)
    {
        app.MapGet("/", Show).RequireScope(Scope.Read).ExcludeFromDescription();
        app.MapGet("/llms.txt", () => Embedded("llms.txt", "text/plain; charset=utf-8")).OpenToAll().ExcludeFromDescription();
    }

    private static FileStreamHttpResult Show(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.CacheControl = "no-cache";
        return Embedded("home.html", "text/html; charset=utf-8");
    }

    private static FileStreamHttpResult Embedded(string name, string type) =>
        TypedResults.Stream(typeof(HomeEndpoint).Assembly.GetManifestResourceStream(name)!, type);
}
