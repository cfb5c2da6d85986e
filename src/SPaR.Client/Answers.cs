using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Client;

/// <summary>A page of a list.</summary>
/// <param name="HasMore">Whether there are more pages.</param>
/// <param name="After">Pass it on to get the next page; null on the last one.</param>
public sealed record Page<T>(
    [property: JsonPropertyName("data")] IReadOnlyList<T> Data, [property: JsonPropertyName("has_more")] bool HasMore,
    [property: JsonPropertyName("after")] string? After);

/// <summary>A resource as it was when it was read.</summary>
/// <param name="ETag">Send it as <c>ifMatch</c> to change the resource only if nobody else has meanwhile.</param>
public sealed record Tagged<T>(T Value, string ETag);

/// <summary>An event of a stream.</summary>
/// <param name="Id">Where to resume: send it as <c>lastEventID</c>. Null if the stream cannot resume here.</param>
/// <param name="Type">Such as <c>progress</c> or <c>run.succeeded</c>.</param>
/// <param name="Data">JSON, or a text such as <c>[DONE]</c>.</param>
public sealed record SparEvent(string? Id, string Type, string Data)
{
    /// <exception cref="JsonException">The data is no such object.</exception>
    public T Read<T>() => SparJson.Deserialize<T>(Data) ?? throw new JsonException($"The event {Type} has no data.");
}

/// <summary>The body of an answer while it arrives. Dispose it to end the request.</summary>
public sealed class FileContent : IAsyncDisposable, IDisposable
{
    private readonly HttpResponseMessage _response;

    internal FileContent(HttpResponseMessage response, Stream content)
    {
        _response = response;
        Content = content;
    }

    public Stream Content { get; }

    /// <summary>In bytes; null if the service does not know it beforehand.</summary>
    public long? Length => _response.Content.Headers.ContentLength;

    /// <summary>For models and datasets the SHA-256 in quotes; null where the content has no name.</summary>
    public string? ETag => _response.Headers.ETag?.Tag;

    public string? ContentType => _response.Content.Headers.ContentType?.MediaType;

    /// <summary>The name that the service gives the file.</summary>
    public string? FileName => _response.Content.Headers.ContentDisposition?.FileName?.Trim('"');

    public void Dispose() => _response.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
