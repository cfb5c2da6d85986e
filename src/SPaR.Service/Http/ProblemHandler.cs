using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;
using SPaR.Method.Input;
using SPaR.Service.Logging;

namespace SPaR.Service.Http;

/// <summary>Turns the exception of a request into a problem. Our own faults are logged and not shown to the client.</summary>
internal sealed class ProblemHandler(ILogger<ProblemHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return false;
        var problem = exception switch
        {
            InvalidInputException invalid => Problem.Invalid(invalid.Code, invalid.Errors),
            BadHttpRequestException { InnerException: JsonException json } => Of(json),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge(httpContext),
            BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Unsupported,
            BadHttpRequestException bad => new(bad.StatusCode, "bad-request", bad.Message),
            JsonException json => Of(json),
            _ when DataError(exception) is { } data => Problem.Invalid("invalid-data", [new("body", data)]),
            _ when exception.IsDatabaseUnavailable() => DatabaseDown(exception),
            _ => Unhandled(httpContext, exception),
        };
        await problem.WriteAsync(httpContext);
        return true;
    }

    private static Problem Unsupported => new(
        StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type",
        "The content type of the body is not supported; send Content-Type: application/json.");

    /// <summary>For a response without a body: an unknown address, a wrong method.</summary>
    public static Problem Of(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => TooLarge(http),
        StatusCodes.Status404NotFound => Problem.NotFound(
            "unknown-address", "There is nothing at this address; /swagger lists the endpoints."),
        StatusCodes.Status405MethodNotAllowed => new(
            StatusCodes.Status405MethodNotAllowed, "method-not-allowed",
            "This address does not support this method; /swagger lists the endpoints."),
        StatusCodes.Status415UnsupportedMediaType => Unsupported,
        var status => new(status, "bad-request", "The request could not be processed; /swagger documents the endpoints."),
    };

    private static Problem TooLarge(HttpContext http) => new(
        StatusCodes.Status413PayloadTooLarge, "too-large", string.Create(
            CultureInfo.InvariantCulture,
            $"The body is longer than {http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize} bytes, the limit of this "
            + $"key at this address. Send less at once, use NDJSON if the endpoint takes it, or use a key with a higher "
            + $"max_body_bytes."));

    private static Problem Of(JsonException json)
    {
        var field = json.Path is null or "$" or "" ? "body" : json.Path.TrimStart('$').TrimStart('.');
        var position = json.LineNumber is null ? "" : $" (line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1})";
        return new(
            StatusCodes.Status400BadRequest, "invalid-json", $"The body is not JSON of the expected form{position}.",
            Errors: [new(field, Explain(json.Message))]);
    }

    // The serializer's messages name types of ours and repeat the path and position, which the error has already.
    private static string Explain(string message)
    {
        if (message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
            return "Unknown property; remove it.";
        if (message.Contains("missing required properties", StringComparison.Ordinal))
            return $"Missing:{message[(message.LastIndexOf(':') + 1)..]}".Replace("'", "", StringComparison.Ordinal);
        if (message.Contains("could not be converted to", StringComparison.Ordinal))
            return "The value has the wrong type.";
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    // Class 22: valid JSON that PostgreSQL cannot hold, such as a number of 200,000 digits or U+0000 in a name.
    private static string? DataError(Exception exception) =>
        exception.FindInner<PostgresException>() is { } postgres && postgres.SqlState.StartsWith("22", StringComparison.Ordinal)
            ? $"PostgreSQL cannot store it: {postgres.MessageText}."
            : null;

    private Problem DatabaseDown(Exception exception)
    {
        logger.DatabaseUnavailable(exception.GetBaseException().Message);
        return new(
            StatusCodes.Status503ServiceUnavailable, "database-unavailable",
            "PostgreSQL does not answer. Check that it is running (./spar up starts one) and that ConnectionStrings:Spar points to it, "
            + "then try again.");
    }

    private Problem Unhandled(HttpContext http, Exception exception)
    {
        logger.RequestFailed(exception, http.Request.Method, http.Request.Path.Value ?? "");
        return new(
            StatusCodes.Status500InternalServerError, "internal", "The service failed. The log has the cause under the trace id.");
    }
}
