using System.Collections.Immutable;

namespace SPaR.Integration.Tests.Llama;

internal static class Engines
{
    public static SamplingOptions Greedy { get; } = new(0, 1, 0, 0, 12);

    public static SamplingOptions Hot { get; } = new(1, 1, 0, 0, 12);

    /// <summary>One thread: on a busy machine more would wait for each other.</summary>
    public static InProcessEngine Create(int sequences = 8, int? cells = null, int batch = 64, int? context = null) =>
        new(new() { Threads = 1, Sequences = sequences, Cells = cells, BatchTokens = batch, ContextTokens = context });

    public static Conversation Ask(string text) => Conversation.Empty.User(text);

    public static GenerationRequest Request(Conversation conversation, SamplingOptions sampling, params ulong[] seeds) =>
        new(conversation, sampling, [.. seeds], "test");

    public static GenerationRequest Request(string text, SamplingOptions sampling, params ulong[] seeds) =>
        Request(Ask(text), sampling, seeds);

    public static ImmutableArray<int>[] TokensOf(GenerationResult result) => [.. result.Samples.Select(s => s.Tokens)];
}
