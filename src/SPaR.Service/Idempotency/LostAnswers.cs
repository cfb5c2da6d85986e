using Microsoft.AspNetCore.Http.Metadata;
using SPaR.Service.Http;

namespace SPaR.Service.Idempotency;

/// <summary>Finds the answer to a request whose change was committed by a process that died before it had stored the answer: nobody has
/// seen it, so it is what the resource shows now.</summary>
internal sealed class LostAnswers(EndpointDataSource endpoints, LinkGenerator links)
{
    /// <param name="handler">Does the request again, where that changes nothing.</param>
    public async Task<KeptAnswer> FindAsync(HttpContext http, IdempotentEndpoint endpoint, string? resource, RequestDelegate handler)
    {
        if (endpoint.ShownBy is not { } name)
            return await CapturedResponse.OfAsync(http, handler);
        var shown = endpoints.Endpoints.OfType<RouteEndpoint>().Single(
            e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == name);
        var route = new RouteValueDictionary { ["id"] = resource };
        var isCreated = endpoint.Creates is not null && http.GetEndpoint()!.Metadata.OfType<IProducesResponseTypeMetadata>().Any(
            m => m.StatusCode == StatusCodes.Status201Created);
        http.Request.RouteValues = route;
        var answer = await CapturedResponse.OfAsync(http, shown.RequestDelegate!);
        return answer.IsSuccess && isCreated
            ? answer with { Status = StatusCodes.Status201Created, Location = links.GetPathByName(name, route) }
            : answer;
    }
}
