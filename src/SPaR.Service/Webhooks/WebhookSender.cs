using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Service.Events;
using SPaR.Service.Http;

namespace SPaR.Service.Webhooks;

/// <summary>Sends one event to one webhook, once. The receiver knows repetitions by <c>webhook-id</c>.</summary>
internal sealed class WebhookSender(IOptions<WebhookOptions> options, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = OutgoingConnections.Create(
        options.Value.AllowPrivate, TimeSpan.FromSeconds(options.Value.TimeoutSeconds));

    public async Task<SendResult> SendAsync(Webhook webhook, StoredEvent happened, CancellationToken cancellationToken)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"evt_{happened.Id}");
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var body = BodyOf(happened);
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url)
        {
            Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            Headers =
            {
                { "webhook-id", id },
                { "webhook-timestamp", now.ToString(CultureInfo.InvariantCulture) },
                { "webhook-signature", WebhookSignature.Of(webhook.Secret, id, now, body) },
                { "user-agent", "SPaR" },
            },
        };
        try
        {
            // Its answer has no meaning beyond the status.
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return new(response.StatusCode, response.IsSuccessStatusCode ? null : $"The receiver answered {(int)response.StatusCode}.");
        }
        catch (HttpRequestException error)
        {
            return new(null, error.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, $"The receiver did not answer within {options.Value.TimeoutSeconds} second(s).");
        }
    }

    public void Dispose() => _http.Dispose();

    private static string BodyOf(StoredEvent happened)
    {
        var data = new JsonObject { ["id"] = happened.Subject };
        foreach (var (name, value) in happened.Data.AsObject())
            data[name] = value?.DeepClone();
        return new JsonObject
        {
            ["type"] = happened.Type,
            ["timestamp"] = JsonSerializer.SerializeToNode(happened.CreatedAt),
            ["data"] = data,
        }.ToJsonString(ApiJson.Options);
    }
}

/// <param name="Status">Null if there was no answer.</param>
/// <param name="Error">Null if the event was delivered.</param>
internal sealed record SendResult(HttpStatusCode? Status, string? Error);
