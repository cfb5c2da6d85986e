using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Inspection;
using SPaR.Llama.Models;

namespace SPaR.Benchmarks;

/// <summary>64 requests of 5 samples of up to 36 tokens at temperature 1, all at once: the load of a round of self-play. Compare the tokens
/// per second of two settings on the same idle machine.</summary>
internal static class Throughput
{
    private const int Requests = 64, Samples = 5, MaxTokens = 36, Repetitions = 3;

    private static readonly string[] Topics = ["sea", "forest", "castle", "city", "farm", "school"];

    /// <param name="numbers">Threads, sequences and resident cells; those missing get the engine's defaults.</param>
    public static async Task<int> RunAsync(string path, int[] numbers)
    {
        var options = new LlamaOptions();
        if (numbers is [var threads, ..])
            options.Threads = threads;
        if (numbers is [_, var sequences, ..])
            options.Sequences = sequences;
        if (numbers is [_, _, var resident])
            options.ResidentCells = resident;
        var template = new GgufInspector().Inspect(path, null).Template;
        await using var model = LlamaModel.Load(new ModelFile(path, "", template), options, NullLogger.Instance);
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            var watch = Stopwatch.StartNew();
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            var results = await Task.WhenAll(Enumerable.Range(0, Requests).Select(r => model.GenerateAsync(Request(r), default)));
            var seconds = watch.Elapsed.TotalSeconds;
            cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
            var usage = results.Aggregate(default(TokenUsage), (a, r) => a + r.Usage);
            Console.WriteLine(FormattableString.Invariant(
                $"{usage.Generated} tokens in {seconds:f2} s: {usage.Generated / seconds:f0} a second, {cpu.TotalSeconds:f2} s of CPU"));
        }
        return 0;
    }

    private static GenerationRequest Request(int index) => new(
        Conversation.Empty.User($"write about {Topics[index % Topics.Length]} ; start with slowly ; use two sentences ;"),
        new SamplingOptions(1, 1, 0, 0, MaxTokens),
        [.. Enumerable.Range(0, Samples).Select(s => (ulong)(index * Samples + s))],
        "sample");
}
