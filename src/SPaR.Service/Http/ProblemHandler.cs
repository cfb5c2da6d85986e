using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Npgsql;
using SPaR.Method.Input;
using SPaR.Service.Logging;

namespace SPaR.Service.Http;

/// <summary>Turns the exception of a request into a problem. Our own faults are logged and not shown to the client.</summary>
internal sealed class ProblemHandler(ILogger<ProblemHandler> logger) : IExceptionHandler
{
    private const string Whole = "a whole number in range";

    // ENOSPC and EDQUOT, which .NET passes on as they are.
    private const int NoSpace = 28, QuotaExceeded = 122;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return false;
        var problem = exception switch
        {
            InvalidInputException invalid => Problem.Invalid(invalid.Code, invalid.Errors),
            BadHttpRequestException { InnerException: JsonException json } => JsonFormProblem.Of(json),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge(httpContext),
            BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Unsupported(httpContext),
            BadHttpRequestException bad => MalformedRequests.Of(bad.StatusCode),
            JsonException json => JsonFormProblem.Of(json),
            IOException { HResult: NoSpace or QuotaExceeded } full => DiskFull(full),
            _ when DataError(exception) is { } data => Problem.Invalid("invalid-data", [new(JsonPath.Whole, data)]),
            _ when exception.IsDatabaseUnavailable() => DatabaseDown(exception),
            _ => Unhandled(httpContext, exception),
        };
        await problem.WriteAsync(httpContext);
        return true;
    }

    /// <summary>For a response without a body: an unknown address, a wrong method.</summary>
    public static Problem Of(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => TooLarge(http),
        StatusCodes.Status404NotFound => Problem.NotFound(
            "unknown-address", "There is nothing at this address; /swagger lists the endpoints."),
        StatusCodes.Status405MethodNotAllowed => new(
            StatusCodes.Status405MethodNotAllowed, "method-not-allowed",
            "This address does not support this method; /swagger lists the endpoints."),
        StatusCodes.Status415UnsupportedMediaType => Unsupported(http),
        // The filter of host names answers before any endpoint is chosen.
        StatusCodes.Status400BadRequest when http.GetEndpoint() is null => new(
            StatusCodes.Status400BadRequest, "unknown-host",
            $"This service does not answer to the host name '{http.Request.Host}'. Use localhost or 127.0.0.1, or add the name to the "
            + "setting AllowedHosts."),
        StatusCodes.Status400BadRequest when UnreadParameter(http) is { } unread => unread,
        var status => MalformedRequests.Of(status),
    };

    private static Problem Unsupported(HttpContext http) => Problem.UnsupportedType(
        $"The content type of the body is not supported; send Content-Type: {string.Join(" or ", AcceptedTypes.Of(http))}.");

    private static Problem TooLarge(HttpContext http) => new(
        StatusCodes.Status413PayloadTooLarge, "too-large", string.Create(
            CultureInfo.InvariantCulture,
            $"The body is longer than {http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize} bytes, the limit of this "
            + $"key at this address. Send less at once, use NDJSON if the endpoint takes it, or use a key with a higher "
            + $"max_body_bytes."));

    /// <summary>All parameters that are parsed are whole numbers, or true or false. The generated code answers any other with a bare
    /// 400.</summary>
    private static Problem? UnreadParameter(HttpContext http)
    {
        foreach (var parsed in http.GetEndpoint()!.Metadata.OfType<IParameterBindingMetadata>().Where(p => p.HasTryParse))
        {
            var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(parsed.Name);
            if (http.Request.Query.TryGetValue(name, out var value) && FaultIn(value, parsed.ParameterInfo.ParameterType) is { } fault)
                return Problem.Invalid(
                    "invalid-parameter", new FieldError(name, $"'{value}' is not {fault}; /swagger shows what it takes."));
        }

        return null;
    }

    /// <returns>Completes "is not …"; null if it can be read.</returns>
    private static string? FaultIn(string? text, Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var flag when flag == typeof(bool) => bool.TryParse(text, out _) ? null : "true or false",
        var wide when wide == typeof(long) => long.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : Whole,
        _ => int.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : Whole,
    };

    // Class 22: valid JSON that PostgreSQL cannot hold, such as a number of 200,000 digits.
    private static string? DataError(Exception exception) =>
        exception.FindInner<PostgresException>() is { } postgres && postgres.SqlState.StartsWith("22", StringComparison.Ordinal)
            ? $"PostgreSQL cannot store it: {postgres.MessageText}."
            : null;

    private Problem DiskFull(IOException exception)
    {
        logger.DiskFull(exception.Message);
        return new(
            StatusCodes.Status507InsufficientStorage, "disk-full",
            "A disk of the service is full, so nothing was stored. Free space where its temporary files are (TMPDIR) and in its models "
            + "folder, then send the request again.");
    }

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
