using SPaR.Service.Http;

namespace SPaR.Service.OpenAi;

/// <summary>An error as OpenAI's clients read it. Every problem at an address below <see cref="OpenAiRegistration.Prefix"/> is written like
/// this, whatever found it.</summary>
internal sealed record OpenAiError(OpenAiErrorBody Error)
{
    public static OpenAiError Of(Problem problem) => new(new OpenAiErrorBody(
        MessageOf(problem), TypeOf(problem.Status), problem.Errors is [{ Field: var field }, ..] ? field : null, CodeOf(problem)));

    /// <summary>OpenAI answers 400 to whatever the input or a state forbids. Its clients repeat a request that got 409.</summary>
    public static int StatusOf(int status) =>
        status is StatusCodes.Status409Conflict or StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest : status;

    /// <summary>Writes a problem in this form; its headers are set. A conflict that ends by itself keeps its 409, so that clients repeat the
    /// request.</summary>
    public static Task WriteAsync(Problem problem, HttpContext http)
    {
        http.Response.StatusCode = problem.RetryAfter is null ? StatusOf(problem.Status) : problem.Status;
        return http.Response.WriteAsJsonAsync(Of(problem), ApiJson.Options, "application/json");
    }

    private static string MessageOf(Problem problem) => problem.Errors is { Count: > 1 } errors
        ? string.Join(" ", errors.Select(e => $"{e.Field}: {e.Message}"))
        : problem.Detail;

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= StatusCodes.Status500InternalServerError => "server_error",
        _ => "invalid_request_error",
    };

    private static string CodeOf(Problem problem) => problem.Status == StatusCodes.Status401Unauthorized
        ? "invalid_api_key"
        : problem.Code.Replace('-', '_');
}

/// <param name="Message">What happened and what to do next.</param>
/// <param name="Type"><c>invalid_request_error</c>, <c>rate_limit_error</c> or <c>server_error</c>.</param>
/// <param name="Param">The field at fault; null if there is none.</param>
/// <param name="Code">Stable; programs decide by it.</param>
internal sealed record OpenAiErrorBody(string Message, string Type, string? Param, string Code);
