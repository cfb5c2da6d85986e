using System.Collections.Concurrent;
using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;

namespace SPaR.Integration.Tests.Evaluation;

/// <summary>A benchmark with items of its own that notes which of them were measured. Even ones are right, and each third of them is a
/// group.</summary>
internal sealed class NotedBenchmark(int items) : IBenchmark
{
    public string Name => "noted";

    public string Description => "Notes what is measured.";

    public BenchmarkNeeds Needs => BenchmarkNeeds.Answers;

    public IReadOnlyList<BenchmarkItem>? Own { get; } =
        [.. Enumerable.Range(0, items).Select(i => new BenchmarkItem($"item-{i}", JsonSerializer.SerializeToElement(new { i })))];

    /// <summary>The evaluation and the place of every item whose measuring has ended with a result.</summary>
    public ConcurrentQueue<(string Evaluation, int Ordinal)> Measured { get; } = new();

    /// <summary>Happens before an item is measured.</summary>
    public Func<Measuring, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    public IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors) =>
        throw new NotSupportedException("It has items of its own.");

    public async Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken stop)
    {
        await Before(measuring, stop);
        var answered = await Answering.AskAsync(measuring, [new("user", item.Key)], stop);
        Measured.Enqueue((measuring.EvaluationId, measuring.Ordinal));
        return new()
        {
            Tallies = [new("right", measuring.Ordinal % 2 == 0 ? 1 : 0, Group: $"g{measuring.Ordinal % 3}")],
            Text = answered.Text,
            Usage = answered.Usage,
            Generations = answered.Generations,
            Judged = answered.Judged,
        };
    }
}
