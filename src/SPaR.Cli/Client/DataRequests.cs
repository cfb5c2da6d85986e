using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace SPaR.Cli.Client;

/// <summary>Requests about pairs and datasets.</summary>
internal static class DataRequests
{
    /// <summary>Gives a verdict over the one that there is, unless somebody changes that in the same moment.</summary>
    public static async Task PutVerdictAsync(
        this SparClient client, string pair, string verdict, string? note, CancellationToken cancellationToken)
    {
        var address = $"v1/pairs/{Uri.EscapeDataString(pair)}/verdict";
        using var put = new HttpRequestMessage(HttpMethod.Put, address)
        {
            Content = JsonContent.Create(new { verdict, note }, options: SparClient.Json),
        };
        try
        {
            using var present = await client.SendAsync(new(HttpMethod.Get, address), cancellationToken);
            put.Headers.IfMatch.Add(present.Headers.ETag!);
        }
        catch (SparApiException missing) when (missing.Code == "not-found")
        {
            put.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }

        using var response = await client.SendAsync(put, cancellationToken);
    }

    /// <returns>SHA-256 and length of a file that the service keeps.</returns>
    public static async Task<(string Sha256, long Bytes)> FileAsync(
        this SparClient client, string address, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(new(HttpMethod.Get, address), cancellationToken);
        return response is { Headers.ETag.Tag: { } tag, Content.Headers.ContentLength: { } bytes }
            ? (tag.Trim('"'), bytes)
            : throw SparClient.Unreadable(response);
    }
}
