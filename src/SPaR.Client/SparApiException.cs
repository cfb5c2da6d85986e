using System.Net.Http.Json;
using System.Text.Json;

namespace SPaR.Client;

/// <summary>The service refused a request.</summary>
/// <param name="status">Of the HTTP response; 0 where a download failed after its start.</param>
/// <param name="code">Stable; <c>http-502</c> and the like if the response is not the service's.</param>
/// <param name="errors">Errors in the input by field; empty if the message says it all.</param>
public sealed class SparApiException(
    int status, string code, string message, IReadOnlyList<FieldError> errors, Exception? cause = null) : Exception(message, cause)
{
    public int Status => status;

    public string Code => code;

    public IReadOnlyList<FieldError> Errors => errors;

    internal static async Task<SparApiException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        try
        {
            var type = response.Content.Headers.ContentType?.MediaType;
            if (type == "application/problem+json"
                && await response.Content.ReadFromJsonAsync<Problem>(SparJson.Options, cancellationToken) is { Code: not null } problem)
                return new(status, problem.Code, problem.Detail ?? problem.Title ?? problem.Code, problem.Errors ?? []);
            if (type == "application/json"
                && await response.Content.ReadFromJsonAsync<OpenAiError>(SparJson.Options, cancellationToken) is { Error: { } error })
                return new(status, error.Code ?? error.Type, error.Message, []);
        }
        catch (JsonException)
        {
            // Not the service's answer, whatever its type says.
        }

        var address = response.RequestMessage?.RequestUri;
        return new(status, $"http-{status}", $"{address} answered {status} {response.ReasonPhrase}; is this the service's address?", []);
    }
}
