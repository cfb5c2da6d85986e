using System.Buffers;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;

namespace SPaR.Service.Http;

/// <summary>Streams rows as one JSON object per line: a list of any length takes the memory of a page (<see cref="PagedRows"/>). If the
/// stream fails halfway, the connection is aborted, so a client never mistakes a part for the whole.</summary>
internal sealed record Ndjson<T>(IAsyncEnumerable<T> Rows, string FileName) : IResult, IEndpointMetadataProvider
{
    private const string ContentType = "application/x-ndjson";
    private const int FlushBytes = 1 << 16;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var aborted = httpContext.RequestAborted;
        await using var rows = Rows.GetAsyncEnumerator(aborted);
        // The first row is read before the headers are sent, so a failure up to here is still answered as a problem.
        var more = await rows.MoveNextAsync();
        response.ContentType = ContentType;
        response.Headers.ContentDisposition = $"attachment; filename=\"{FileName}\"";
        await using var json = new Utf8JsonWriter(response.BodyWriter, new() { Encoder = ApiJson.Options.Encoder, SkipValidation = true });
        for (; more; more = await rows.MoveNextAsync())
        {
            // By its runtime type: rows may have different shapes.
            JsonSerializer.Serialize(json, rows.Current, rows.Current!.GetType(), ApiJson.Options);
            json.Flush();
            json.Reset();
            response.BodyWriter.Write("\n"u8);
            if (response.BodyWriter.UnflushedBytes >= FlushBytes)
                await response.BodyWriter.FlushAsync(aborted);
        }
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [ContentType]));
}
