using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using SPaR.Host;
using SPaR.Integration.Tests.Llama;

namespace SPaR.Integration.Tests.Http;

public sealed class TelemetryTests
{
    [Fact]
    public async Task A_collector_gets_what_the_engine_has_done_by_model()
    {
        var received = new ConcurrentQueue<byte[]>();
        await using var collector = await CollectorAsync(received);
        using var provider = Telemetry.Provider(options =>
        {
            options.Endpoint = new Uri($"{collector.Urls.Single()}/v1/metrics");
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
        });
        await using var engine = Engines.Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        await model.GenerateAsync(Engines.Request("the sea", Engines.Hot, 1, 2, 3), default);

        provider.ForceFlush().ShouldBeTrue();

        // Protobuf stores text as plain bytes.
        var sent = Encoding.Latin1.GetString([.. received.SelectMany(body => body)]);
        foreach (var name in new[] { "prefill.computed", "prefill.forked", "generated", "batch.tokens", "cells.used" })
            sent.ShouldContain($"spar.llama.{name}");
        sent.ShouldContain(Path.GetFileName(TinyModel.File.Path));
    }

    private static async Task<WebApplication> CollectorAsync(ConcurrentQueue<byte[]> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapPost("/v1/metrics", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            received.Enqueue(body.ToArray());
        });
        await app.StartAsync();
        return app;
    }
}
