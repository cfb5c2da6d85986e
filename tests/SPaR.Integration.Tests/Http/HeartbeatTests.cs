using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Http;

public sealed class HeartbeatTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_stream_without_news_sends_the_progress_again_so_that_no_proxy_takes_it_for_dead()
    {
        await using var filled = await FilledService.StartAsync(postgres, "", "--Events:HeartbeatSeconds=1");
        var service = filled.Service;
        // Nothing happens to it: there is no worker.
        var run = (await service.PostAsync(
            "/v1/runs", new JsonObject { ["instruction_set"] = filled.Ids["instruction-sets"][0], ["actor"] = filled.Ids["models"][0] }))
            .ShouldBe(201).Id;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{run}/events")
        {
            Headers = { { "Accept", "text/event-stream" } },
        };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var response = await service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);

        var events = await SseParser.Create(await response.Content.ReadAsStreamAsync(limit.Token)).EnumerateAsync(limit.Token).Take(4)
            .ToListAsync(limit.Token);

        events.Select(e => e.EventType).ShouldAllBe(type => type == "progress");
        events.Select(e => JsonNode.Parse(e.Data)!["status"]!.GetValue<string>()).ShouldAllBe(status => status == "queued");
    }
}
