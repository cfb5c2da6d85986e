using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SPaR.Client;

/// <summary>The API of a SPaR service: one method for each operation of its OpenAPI document, which is at <c>/swagger</c> of the service.
/// Thread-safe.</summary>
/// <param name="http">Has the service's address as base address and the key as authorization. Uploads, downloads and streams take long: give
/// it no timeout.</param>
public sealed partial class SparClient(HttpClient http) : IDisposable
{
    /// <summary>A client of its own connections, without a timeout; a cancellation token ends a request.</summary>
    /// <param name="service">Such as <c>http://127.0.0.1:8765</c>.</param>
    /// <param name="key">An API key, <c>spar_…</c>; null sends none, and the service's answer then says what to do.</param>
    public static SparClient Connect(Uri service, string? key) => new(new HttpClient
    {
        BaseAddress = new Uri(service.AbsoluteUri.TrimEnd('/') + "/"),
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key) },
    });

    internal HttpClient Http => http;

    /// <summary>The service's address.</summary>
    public Uri Service => http.BaseAddress!;

    /// <summary>Sends a request that has no method here, such as one to a newer service.</summary>
    /// <returns>With the headers read, and the body not yet. Dispose it.</returns>
    /// <exception cref="SparApiException">The answer is not a success.</exception>
    /// <exception cref="HttpRequestException">There is no answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(SparRequest request, CancellationToken cancellationToken)
    {
        using var message = request.ToMessage();
        var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await SparApiException.ReadAsync(response, cancellationToken);
    }

    /// <summary>Sends a request, and reads the answer's JSON.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<T> ReadAsync<T>(SparRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, cancellationToken);
        return await ReadAsync<T>(response, cancellationToken);
    }

    /// <summary>Sends a request whose answer does not matter.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task RunAsync(SparRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, cancellationToken);
    }

    /// <summary>Sends a request, and opens the answer's body.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<FileContent> OpenAsync(SparRequest request, CancellationToken cancellationToken)
    {
        var response = await SendAsync(request, cancellationToken);
        return new(response, await response.Content.ReadAsStreamAsync(cancellationToken));
    }

    /// <summary>Closes the connections, also those of the <see cref="HttpClient"/> that it was given.</summary>
    public void Dispose() => http.Dispose();

    private async Task<Tagged<T>> ReadTaggedAsync<T>(SparRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, cancellationToken);
        return new(await ReadAsync<T>(response, cancellationToken), response.Headers.ETag?.Tag ?? throw Unreadable(response));
    }

    private async IAsyncEnumerable<T> ReadPagesAsync<T>(SparRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var more = true; more;)
        {
            var page = await ReadAsync<Page<T>>(request, cancellationToken);
            foreach (var row in page.Data)
                yield return row;
            request = request.With("after", page.After);
            more = page.HasMore;
        }
    }

    private async IAsyncEnumerable<T> ReadLinesAsync<T>(SparRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request with { Accept = "application/x-ndjson" }, cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
                yield return SparJson.Deserialize<T>(line) ?? throw Unreadable(response);
        }
    }

    private async IAsyncEnumerable<SparEvent> ReadEventsAsync(
        SparRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request with { Accept = "text/event-stream" }, cancellationToken);
        var parser = System.Net.ServerSentEvents.SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken));
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
            yield return new(item.EventId, item.EventType, item.Data);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(SparJson.Options, cancellationToken) ?? throw Unreadable(response);
        }
        catch (JsonException e)
        {
            throw Unreadable(response, e);
        }
    }

    private static SparApiException Unreadable(HttpResponseMessage response, Exception? cause = null) => new(
        (int)response.StatusCode, "unreadable-answer",
        $"{response.RequestMessage?.RequestUri} did not answer with what was asked for; is this the service's address?", [], cause);
}
