using System.Net.Http.Json;
using System.Text.Json;

namespace SPaR.Cli.Client;

/// <summary>The service did not do what was asked.</summary>
/// <param name="code">Stable; <c>http-502</c> and the like where the answer did not come from the service.</param>
/// <param name="errors">Each thing wrong with the input, by field; empty where there is nothing to say beyond the message.</param>
internal sealed class SparApiException(string code, string message, IReadOnlyList<FieldProblem> errors) : Exception(message)
{
    public string Code { get; } = code;

    public IReadOnlyList<FieldProblem> Errors { get; } = errors;

    public static async Task<SparApiException> ReadAsync(
        HttpResponseMessage response,
        JsonSerializerOptions json,
        CancellationToken cancellationToken)
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

/// <summary>One thing wrong with an input.</summary>
internal sealed record FieldProblem(string Field, string Message);
