using System.Buffers;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace SPaR.Service.Http;

/// <summary>Rows as a stream, one JSON object to a line: a list of any length with the memory of one row. A stream that breaks off in
/// the middle ends the connection, so a client never takes a part for the whole.</summary>
internal sealed record Ndjson<T>(IAsyncEnumerable<T> Rows, string FileName) : IResult, IEndpointMetadataProvider
{
    private const string ContentType = "application/x-ndjson";
    private const int FlushBytes = 1 << 16;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var stop = httpContext.RequestAborted;
        await using var rows = Rows.GetAsyncEnumerator(stop);
        // The first row is read before the headers go out: what fails until here is still answered as a problem.
        var more = await rows.MoveNextAsync();
        response.ContentType = ContentType;
        response.Headers.ContentDisposition = $"attachment; filename=\"{FileName}\"";
        for (; more; more = await rows.MoveNextAsync())
        {
            // By its own type: a row may be one of several shapes.
            response.BodyWriter.Write(JsonSerializer.SerializeToUtf8Bytes(rows.Current, rows.Current!.GetType(), ApiJson.Options));
            response.BodyWriter.Write("\n"u8);
            if (response.BodyWriter.UnflushedBytes >= FlushBytes)
                await response.BodyWriter.FlushAsync(stop);
        }
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [ContentType]));
}
