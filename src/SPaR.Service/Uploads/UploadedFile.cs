using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Uploads;

/// <summary>The body of an upload, received whole before anything is done with it, so that a slow sender holds no database connection.
/// Kept in memory or in a temporary file, at most as long as the key allows.</summary>
/// <param name="DeclaredJson">Whether its content type says JSON.</param>
/// <param name="MaxBytes">The key's limit.</param>
internal sealed record UploadedFile(Stream Content, bool DeclaredJson, long MaxBytes) : IAsyncDisposable
{
    /// <summary>What senders call the kinds of files; the content decides, so any other type is taken too.</summary>
    public static readonly string[] ContentTypes =
    [
        "application/x-ndjson", "application/json", "application/jsonl", "text/csv", "application/vnd.apache.parquet", "application/gzip",
        "application/octet-stream", "*/*",
    ];

    /// <summary>What every endpoint that takes files says of them.</summary>
    public const string Description =
        "The content decides how the file is read: one JSON object per line, a JSON list, an object with a list, CSV with a header, or "
        + "Parquet; also compressed with gzip. preview=true shows how the file would be understood, and stores nothing. ";

    private const int InMemory = 1 << 16;

    /// <returns>Why the body can never be a file of rows; null if it may be one.</returns>
    public static UnsupportedUploadProblem? RefusalOf(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        if (request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) is true)
            return UnsupportedUploadProblem.Of("A multipart body is not supported. Send the file as the body (curl --data-binary @FILE)");
        return encoding.ToLowerInvariant() is "" or "gzip" or "x-gzip" or "identity"
            ? null
            : UnsupportedUploadProblem.Of($"The content encoding '{encoding}' is not supported. Use gzip or none");
    }

    public static Task<UploadedFile> ReceiveAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var limit = BodyLimits.RaiseForUpload(http);
        return ReceiveAsync(
            http.Request.Body, http.Request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) is true, limit,
            cancellationToken);
    }

    /// <param name="body">A request's, or a part of it.</param>
    /// <param name="maxBytes">The key's limit.</param>
    public static async Task<UploadedFile> ReceiveAsync(
        Stream body, bool declaredJson, long maxBytes, CancellationToken cancellationToken)
    {
        var content = new FileBufferingReadStream(body, InMemory, null, Path.GetTempPath());
        try
        {
            await content.DrainAsync(cancellationToken);
            content.Position = 0;
            return new(content, declaredJson, maxBytes);
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>415: the body is of a kind that no upload can be.</summary>
internal sealed record UnsupportedUploadProblem(Problem Problem) : IResult, IEndpointMetadataProvider
{
    public static UnsupportedUploadProblem Of(string what) => new(new Problem(
        StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type",
        $"{what}. This address takes NDJSON, JSON, CSV and Parquet, each as it is or compressed with gzip: "
        + $"{string.Join(", ", UploadedFile.ContentTypes.SkipLast(1))}."));

    public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(
        new ProducesResponseTypeMetadata(StatusCodes.Status415UnsupportedMediaType, typeof(Problem), [Problem.ContentType]));
}
