using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace SPaR.Service.Http;

/// <summary>Keeps two people from overwriting each other (RFC 9110, section 13): what may be changed has an ETag, and a change names the
/// one that it is based on.</summary>
internal static class Revisions
{
    private const string Any = "*";

    /// <param name="what">Names the resource in errors: <c>the verdict on pair_1</c>.</param>
    /// <param name="current">The revision of what there is; null if there is nothing.</param>
    /// <returns>Null if the change may be made.</returns>
    public static PreconditionProblem? RefuseChange(HttpRequest request, string what, string? current)
    {
        var (match, noneMatch) = (request.Headers.IfMatch.ToString(), request.Headers.IfNoneMatch.ToString());
        if (match.Length > 0 && !Names(match, current))
            return PreconditionProblem.Failed(current is null
                ? $"{Start(what)} does not exist (any more), and If-Match asks for one. Read it again, then decide."
                : $"{Start(what)} was changed by somebody else. Read it again, then send its ETag as If-Match.");
        if (noneMatch.Length > 0 && Names(noneMatch, current))
            return PreconditionProblem.Failed($"{Start(what)} exists already. Read it, then send its ETag as If-Match to change it.");
        return current is not null && match.Length == 0
            ? PreconditionProblem.Required(
                $"{Start(what)} exists already. Read it, then send its ETag as If-Match to change it, so that nobody's is overwritten.")
            : null;
    }

    /// <summary>Whether the client has this revision already.</summary>
    public static bool IsKnown(HttpRequest request, string current) => Names(request.Headers.IfNoneMatch.ToString(), current);

    public static void Tell(HttpResponse response, string current) => response.Headers.ETag = $"\"{current}\"";

    private static bool Names(string header, string? current) => current is not null
        && header.Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == Any || tag == $"\"{current}\"");

    private static string Start(string what) => $"{char.ToUpperInvariant(what[0])}{what[1..]}";
}

/// <summary>412 or 428: the resource is not what the change is based on, or the change does not say what it is based on.</summary>
internal sealed record PreconditionProblem(Problem Problem) : IResult, IEndpointMetadataProvider
{
    public static PreconditionProblem Failed(string detail) =>
        new(new Problem(StatusCodes.Status412PreconditionFailed, "changed-meanwhile", detail));

    public static PreconditionProblem Required(string detail) =>
        new(new Problem(StatusCodes.Status428PreconditionRequired, "if-match-required", detail));

    public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        foreach (var status in new[] { StatusCodes.Status412PreconditionFailed, StatusCodes.Status428PreconditionRequired })
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problem.ContentType]));
    }
}
