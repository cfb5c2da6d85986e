using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Llama;
using SPaR.Llama.Scheduling;

namespace SPaR.Integration.Tests.Llama;

internal static class Engines
{
    public static SamplingOptions Greedy { get; } = new(0, 1, 0, 0, 12);

    public static SamplingOptions Hot { get; } = new(1, 1, 0, 0, 12);

    /// <summary>One thread: more would wait for each other on a busy machine.</summary>
    public static LlamaEngine Create(
        int sequences = 8, int? cells = null, int batch = 64, int? context = null, Residency residency = Residency.Together) => new(
        Options.Create(new LlamaOptions
        {
            Threads = 1,
            Sequences = sequences,
            Cells = cells,
            BatchTokens = batch,
            ContextTokens = context,
            Residency = residency,
        }),
        NullLogger<LlamaEngine>.Instance);

    public static Conversation Ask(string text) => Conversation.Empty.User(text);

    public static GenerationRequest Request(Conversation conversation, SamplingOptions sampling, params ulong[] seeds) =>
        new(conversation, sampling, [.. seeds], "test");

    public static GenerationRequest Request(string text, SamplingOptions sampling, params ulong[] seeds) =>
        Request(Ask(text), sampling, seeds);

    public static ImmutableArray<int>[] TokensOf(GenerationResult result) => [.. result.Samples.Select(s => s.Tokens)];
}
