using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Abstractions;

/// <summary>A span and two metrics for each generation, named as in OpenTelemetry's conventions for generative AI. Nobody listens: nothing
/// is recorded.</summary>
/// <remarks>Prompts and answers are recorded only with the switch <see cref="ContentSwitch"/>.</remarks>
public static class GenerationTrace
{
    /// <summary>Of the <see cref="ActivitySource"/> and the <see cref="Meter"/>.</summary>
    public const string Name = "SPaR.Generation";

    /// <summary>Of <see cref="AppContext"/>: records prompts, answers and critiques in spans.</summary>
    public const string ContentSwitch = "SPaR.RecordContent";

    private const string Operation = "gen_ai.operation.name", Chat = "chat", Provider = "gen_ai.provider.name", Spar = "spar",
        Model = "gen_ai.request.model", TokenType = "gen_ai.token.type", Error = "error.type";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    // The buckets are those that the conventions ask for.
    private static readonly Histogram<long> Tokens = Meter.CreateHistogram(
        "gen_ai.client.token.usage", "{token}", "Tokens of a generation, by type.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [.. Enumerable.Range(0, 14).Select(i => 1L << (2 * i))] });

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "gen_ai.client.operation.duration", "s", "Seconds of a generation, waiting for the batch included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.. Enumerable.Range(0, 14).Select(i => 0.01 * (1 << i))] });

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static bool RecordsContent => AppContext.TryGetSwitch(ContentSwitch, out var records) && records;

    /// <inheritdoc cref="ITextModel.GenerateAsync"/>
    public static async Task<GenerationResult> GenerateTracedAsync(
        this ITextModel model, GenerationRequest request, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(model.File.Adapter?.Path ?? model.File.Path);
        using var span = Source.StartActivity($"{Chat} {name}", ActivityKind.Client);
        var started = TimeProvider.System.GetTimestamp();
        if (span is { IsAllDataRequested: true })
            Describe(span, request, name);
        try
        {
            var result = await model.GenerateAsync(request, cancellationToken);
            if (span is { IsAllDataRequested: true })
                Describe(span, result);
            Measure(name, result.Usage);
            End(name, started, null);
            return result;
        }
        catch (Exception error)
        {
            span.Fail(error);
            End(name, started, error);
            throw;
        }
    }

    /// <summary>Marks a span as failed.</summary>
    public static void Fail(this Activity? span, Exception error) =>
        span?.SetStatus(ActivityStatusCode.Error, error.Message).SetTag(Error, error.GetType().FullName);

    private static void Describe(Activity span, GenerationRequest request, string model)
    {
        var sampling = request.Sampling;
        span.SetTag(Operation, Chat).SetTag(Provider, Spar).SetTag(Model, model)
            .SetTag("gen_ai.request.temperature", sampling.Temperature).SetTag("gen_ai.request.top_p", sampling.TopP)
            .SetTag("gen_ai.request.top_k", sampling.TopK).SetTag("gen_ai.request.max_tokens", sampling.MaxTokens)
            .SetTag("gen_ai.request.choice.count", request.Seeds.Length).SetTag("spar.purpose", request.Purpose);
        // The conventions know one seed, as a number of 64 bits with a sign.
        if (request.Seeds is [var seed, ..])
            span.SetTag("gen_ai.request.seed", unchecked((long)seed));
        if (!request.StopAt.IsEmpty)
            span.SetTag("gen_ai.request.stop_sequences", request.StopAt.ToArray());
        if (RecordsContent)
            span.SetTag("gen_ai.input.messages", JsonSerializer.Serialize(
                request.Conversation.Turns.Select(t => Message.Of(RoleOf(t.Role), t.Content, null)), Json));
    }

    private static void Describe(Activity span, GenerationResult result)
    {
        span.SetTag("gen_ai.usage.input_tokens", result.Usage.PrefillComputed + result.Usage.PrefillForked)
            .SetTag("gen_ai.usage.cache_read.input_tokens", result.Usage.PrefillForked)
            .SetTag("gen_ai.usage.output_tokens", result.Usage.Generated)
            .SetTag("gen_ai.response.finish_reasons", result.Samples.Select(s => ReasonOf(s.Finish)).ToArray());
        if (RecordsContent)
            span.SetTag("gen_ai.output.messages", JsonSerializer.Serialize(
                result.Samples.Select(s => Message.Of(RoleOf(Role.Assistant), s.Text, ReasonOf(s.Finish))), Json));
    }

    private static void Measure(string model, TokenUsage usage)
    {
        if (!Tokens.Enabled)
            return;
        Tokens.Record(usage.PrefillComputed + usage.PrefillForked, [.. Tags(model), new(TokenType, "input")]);
        Tokens.Record(usage.Generated, [.. Tags(model), new(TokenType, "output")]);
    }

    private static void End(string model, long started, Exception? error)
    {
        if (Duration.Enabled)
            Duration.Record(
                TimeProvider.System.GetElapsedTime(started).TotalSeconds,
                error is null ? Tags(model) : [.. Tags(model), new(Error, error.GetType().FullName)]);
    }

    private static KeyValuePair<string, object?>[] Tags(string model) => [new(Operation, Chat), new(Provider, Spar), new(Model, model)];

    private static string RoleOf(Role role) => role switch { Role.System => "system", Role.User => "user", _ => "assistant" };

    private static string ReasonOf(FinishReason reason) => reason is FinishReason.Length ? "length" : "stop";

    /// <summary>The form that the conventions give messages.</summary>
    private sealed record Message(string Role, IReadOnlyList<Part> Parts, string? FinishReason)
    {
        public static Message Of(string role, string text, string? finishReason) => new(role, [new("text", text)], finishReason);
    }

    private sealed record Part(string Type, string Content);
}
