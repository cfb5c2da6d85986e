using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SPaR.Integration.Tests.Tracing;

/// <summary>An OpenTelemetry collector: takes OTLP as protobuf over HTTP and keeps the spans and log bodies.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Collector(WebApplication app) => _app = app;

    public ConcurrentQueue<CollectedSpan> Spans { get; } = new();

    /// <summary>Requests with log records, read as Latin-1: protobuf has text as plain bytes.</summary>
    public ConcurrentQueue<string> Logs { get; } = new();

    public string Address => _app.Urls.Single();

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var collector = new Collector(app);
        app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            if (signal == "traces")
                foreach (var span in CollectedSpan.In(body.ToArray()))
                    collector.Spans.Enqueue(span);
            else if (signal == "logs")
                collector.Logs.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
        });
        await app.StartAsync();
        return collector;
    }

    /// <summary>The settings of a process that sends to it.</summary>
    public string[] Settings =>
    [
        $"--OTEL_EXPORTER_OTLP_ENDPOINT={Address}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_BSP_SCHEDULE_DELAY=100",
        "--OTEL_BLRP_SCHEDULE_DELAY=100",
    ];

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <param name="Service">Its process, by <c>service.name</c>.</param>
/// <param name="Parent">Empty for a root.</param>
/// <param name="Links">The traces of other requests.</param>
/// <param name="Attributes">Their names.</param>
internal sealed record CollectedSpan(
    string Service, string Trace, string Id, string Parent, string Name, IReadOnlyList<string> Links, IReadOnlyList<string> Attributes)
{
    // Field numbers of opentelemetry.proto.
    private const int ResourceSpans = 1, Resource = 1, ScopeSpans = 2, Span = 2, OfResource = 1, Key = 1, Value = 2, Text = 1;

    public static IEnumerable<CollectedSpan> In(byte[] request) => Fields(request, ResourceSpans).SelectMany(of =>
    {
        var service = Fields(of, Resource).SelectMany(r => Fields(r, OfResource))
            .Where(a => TextOf(Fields(a, Key)) == "service.name").Select(a => TextOf(Fields(Fields(a, Value).Single(), Text))).Single();
        return Fields(of, ScopeSpans).SelectMany(scope => Fields(scope, Span)).Select(span => new CollectedSpan(
            service, Hex(span, 1), Hex(span, 2), Hex(span, 4), TextOf(Fields(span, 5)),
            [.. Fields(span, 13).Select(link => Hex(link, 1))], [.. Fields(span, 9).Select(a => TextOf(Fields(a, Key)))]));
    }).ToList();

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault() ?? []);

    private static string TextOf(IEnumerable<byte[]> values) => Encoding.UTF8.GetString(values.Single());

    /// <returns>The values of a field with a length; all others are skipped.</returns>
    private static List<byte[]> Fields(byte[] message, int wanted)
    {
        var found = new List<byte[]>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Number();
            switch (tag & 7)
            {
                case 0:
                    Number();
                    break;
                case 1:
                    at += 8;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    var length = (int)Number();
                    if (tag >> 3 == (ulong)wanted)
                        found.Add(message[at..(at + length)]);
                    at += length;
                    break;
            }

            ulong Number()
            {
                ulong number = 0;
                for (var shift = 0; ; shift += 7)
                {
                    var part = message[at++];
                    number |= (ulong)(part & 0x7f) << shift;
                    if (part < 0x80)
                        return number;
                }
            }
        }

        return found;
    }
}
