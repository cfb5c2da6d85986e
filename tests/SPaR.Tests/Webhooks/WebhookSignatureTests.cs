using Microsoft.AspNetCore.Http;
using SPaR.Service.Webhooks;
using StandardWebhooks;

namespace SPaR.Tests.Webhooks;

/// <summary>Held against a library for receivers.</summary>
public sealed class WebhookSignatureTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"type":"run.succeeded","data":{"detail":"Übermütig … 🙂"}}""")]
    public void A_receiver_verifies_what_is_signed_and_refuses_what_was_changed(string body)
    {
        var secret = WebhookSignature.NewSecret();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var headers = new HeaderDictionary
        {
            ["webhook-id"] = "evt_7",
            ["webhook-timestamp"] = $"{now}",
            ["webhook-signature"] = WebhookSignature.Of(secret, "evt_7", now, body),
        };

        Should.NotThrow(() => new StandardWebhook(secret).Verify(body, headers));
        Should.Throw<Exception>(() => new StandardWebhook(secret).Verify(body + " ", headers));
        Should.Throw<Exception>(() => new StandardWebhook(WebhookSignature.NewSecret()).Verify(body, headers));
    }

    [Fact]
    public void Each_secret_is_its_own() => WebhookSignature.NewSecret().ShouldNotBe(WebhookSignature.NewSecret());

    [Fact]
    public void A_delivery_is_tried_eight_times_over_a_day_and_more()
    {
        var waits = Enumerable.Range(1, 8).Select(RetrySchedule.After).ToArray();

        waits[^1].ShouldBeNull();
        waits[..^1].ShouldAllBe(wait => wait != null);
        waits[..^1].ShouldBeInOrder();
        TimeSpan.FromTicks(waits.Sum(wait => wait?.Ticks ?? 0)).ShouldBeGreaterThan(TimeSpan.FromDays(1));
    }
}
