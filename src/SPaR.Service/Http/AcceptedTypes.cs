using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing.Template;

namespace SPaR.Service.Http;

/// <summary>The content types that an address takes. Routing has dropped the endpoint when it answers 415.</summary>
internal static class AcceptedTypes
{
    public static IReadOnlyList<string> Of(HttpContext http) =>
    [
        .. http.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => IsFor(endpoint, http.Request))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes ?? []),
    ];

    private static bool IsFor(RouteEndpoint endpoint, HttpRequest request) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(request.Method) is true
        && new TemplateMatcher(new(endpoint.RoutePattern), []).TryMatch(request.Path, []);
}
