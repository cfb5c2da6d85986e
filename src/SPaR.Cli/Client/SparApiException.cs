using System.Net.Http.Json;
using System.Text.Json;

namespace SPaR.Cli.Client;

/// <summary>The service refused a request.</summary>
/// <param name="code">Stable; <c>http-502</c> and the like if the response is not the service's.</param>
/// <param name="errors">Errors in the input by field; empty if the message says it all.</param>
internal sealed class SparApiException(string code, string message, IReadOnlyList<FieldProblem> errors) : Exception(message)
{
    public string Code { get; } = code;

    public IReadOnlyList<FieldProblem> Errors { get; } = errors;

    public static async Task<SparApiException> ReadAsync(
        HttpResponseMessage response, JsonSerializerOptions json, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            && await response.Content.ReadFromJsonAsync<Problem>(json, cancellationToken) is { Code: not null } problem)
        {
            return new(problem.Code, problem.Detail ?? problem.Title ?? problem.Code, problem.Errors ?? []);
        }

        var status = (int)response.StatusCode;
        var address = response.RequestMessage?.RequestUri;
        return new($"http-{status}", $"{address} answered {status} {response.ReasonPhrase}; is this the service's address?", []);
    }

    private sealed record Problem(string? Code, string? Title, string? Detail, IReadOnlyList<FieldProblem>? Errors);
}

/// <summary>An error in one field of the input.</summary>
internal sealed record FieldProblem(string Field, string Message);
