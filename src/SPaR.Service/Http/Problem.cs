using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using SPaR.Method.Input;

namespace SPaR.Service.Http;

/// <summary>The response to a request that failed (RFC 9457, <c>application/problem+json</c>).</summary>
/// <param name="Code">Stable; programs decide by it.</param>
/// <param name="Detail">What happened and what to do next.</param>
/// <param name="Errors">Every error in the input, by field.</param>
internal sealed record Problem(
    int Status,
    string Code,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FieldError>? Errors = null)
{
    public const string ContentType = "application/problem+json";

    /// <summary>The codes have no pages of their own: the RFC then asks for a blank type, and the status as title.</summary>
    [JsonPropertyOrder(-2)]
    public string Type { get; } = "about:blank";

    [JsonPropertyOrder(-1)]
    public string Title => ReasonPhrases.GetReasonPhrase(Status);

    /// <summary>Identifies the request in the service's log.</summary>
    public string? TraceId { get; init; }

    /// <summary>Seconds until the next attempt; sent as the header of this name.</summary>
    [JsonIgnore]
    public int? RetryAfter { get; init; }

    public static Problem NotFound(string code, string detail) => new(StatusCodes.Status404NotFound, code, detail);

    public static Problem Conflict(string code, string detail) => new(StatusCodes.Status409Conflict, code, detail);

    /// <summary>The body is not JSON, or JSON of another form.</summary>
    public static Problem InvalidJson(string field, string message) => new(
        StatusCodes.Status400BadRequest, "invalid-json", $"{field}: {message}", Errors: [new(field, message)]);

    public static Problem UnsupportedType(string detail) => new(
        StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type", detail);

    public static Problem Invalid(string code, params IReadOnlyList<FieldError> errors) => new(
        StatusCodes.Status422UnprocessableEntity, code,
        errors.Count == 1 ? $"{errors[0].Field}: {errors[0].Message}" : "The input has errors; nothing was stored.",
        Errors: errors);

    public Task WriteAsync(HttpContext http)
    {
        http.Response.StatusCode = Status;
        if (Status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        if (RetryAfter is { } seconds)
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return http.Features.Get<ProblemWriter>() is { } write ? write(this, http) : http.Response.WriteAsJsonAsync(
            this with { TraceId = ResponseHeaders.IdOf(http) }, ApiJson.Options, ContentType);
    }
}

/// <summary>Writes a problem in the form that the clients of a part of the API expect, if it is a feature of the request. The headers are
/// set already, and the status too.</summary>
internal delegate Task ProblemWriter(Problem problem, HttpContext http);

/// <summary>A problem of any status.</summary>
internal sealed record ProblemResult(Problem Problem) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext);
}

/// <summary>404: the resource does not exist.</summary>
internal sealed record NotFoundProblem(Problem Problem) : IResult, IEndpointMetadataProvider
{
    /// <param name="what">"run", "model", …</param>
    public static NotFoundProblem Of(string what, string id) => new(Problem.NotFound("not-found", $"There is no {what} '{id}'."));

    public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status404NotFound, typeof(Problem), [Problem.ContentType]));
}

/// <summary>409: the resource exists, but its state does not allow this.</summary>
internal sealed record ConflictProblem(Problem Problem) : IResult, IEndpointMetadataProvider
{
    public static ConflictProblem Of(string code, string detail) => new(Problem.Conflict(code, detail));

    public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status409Conflict, typeof(Problem), [Problem.ContentType]));
}

/// <summary>422: the input was read but is not valid; every error names its field.</summary>
internal sealed record InvalidProblem(Problem Problem) : IResult, IEndpointMetadataProvider
{
    public static InvalidProblem Of(string code, params IReadOnlyList<FieldError> errors) => new(Problem.Invalid(code, errors));

    public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(
        new ProducesResponseTypeMetadata(StatusCodes.Status422UnprocessableEntity, typeof(Problem), [Problem.ContentType]));
}
