namespace SPaR.Service.Http;

/// <summary>Says that the body of an endpoint holds requests to other endpoints. Their text is checked and their changes are audited where
/// they arrive; a refused envelope is audited all the same.</summary>
internal sealed record RequestEnvelope
{
    public static bool Is(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<RequestEnvelope>() is not null;
}
