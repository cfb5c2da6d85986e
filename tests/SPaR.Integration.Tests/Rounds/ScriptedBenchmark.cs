using System.Collections.Concurrent;
using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>A benchmark that gives the scores it is told, one an evaluation.</summary>
/// <param name="scores">From round 0 on, in twentieths; the last is given for all further ones.</param>
internal sealed class ScriptedBenchmark(params double[] scores) : IBenchmark
{
    public const int Items = 20;

    private readonly ConcurrentDictionary<string, int> _numbers = new();
    private readonly Lock _lock = new();

    public string Name { get; init; } = "scripted";

    /// <summary>Whether its items are a user's, <c>{"i": 0}</c> each.</summary>
    public bool IsBrought { get; init; }

    public string Description => "Gives the scores it is told.";

    public IReadOnlyList<Column> Columns { get; } = [new("i", ColumnType.Json)];

    public BenchmarkNeeds Needs => BenchmarkNeeds.Answers | BenchmarkNeeds.Judge | BenchmarkNeeds.Refiner;

    public IReadOnlyList<BenchmarkItem>? Own => IsBrought ? null : [.. Enumerable.Range(0, Items).Select(i => Item(i))];

    /// <summary>The actor's, the refiner's and the judge's file, and the seed, of each evaluation in the order of their starts.</summary>
    public ConcurrentQueue<(string Actor, string Refiner, string Judge, long Seed)> Asked { get; } = new();

    /// <summary>The evaluation and the place of every item that was measured.</summary>
    public ConcurrentQueue<(string Evaluation, int Ordinal)> Measured { get; } = new();

    /// <summary>The evaluation with this number, from 0, does not get on until it has been stopped.</summary>
    public int? Hold { get; set; }

    /// <summary>Called with the number of an evaluation that begins.</summary>
    public Action<int> Begun { get; set; } = _ => { };

    public IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors) =>
        [Item(json.GetProperty("i").GetInt32())];

    public async Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken stop)
    {
        var number = NumberOf(measuring);
        try
        {
            if (number == Hold)
                await Task.Delay(Timeout.Infinite, stop);
        }
        finally
        {
            if (stop.IsCancellationRequested)
                Hold = null;
        }

        Measured.Enqueue((measuring.EvaluationId, measuring.Ordinal));
        var right = scores[Math.Min(number, scores.Length - 1)] * Items;
        return new() { Tallies = [new("accuracy", item.Body.GetProperty("i").GetInt32() < Math.Round(right) ? 1 : 0)], Text = "said" };
    }

    private int NumberOf(Measuring measuring)
    {
        lock (_lock)
        {
            if (_numbers.TryGetValue(measuring.EvaluationId, out var known))
                return known;
            var number = _numbers[measuring.EvaluationId] = Asked.Count;
            var (actor, refiner, judge) = measuring.Models;
            Asked.Enqueue((FileOf(actor), FileOf(refiner), FileOf(judge), measuring.Seed));
            Begun(number);
            return number;
        }
    }

    private static BenchmarkItem Item(int i) => new($"{i}", JsonSerializer.SerializeToElement(new { i }));

    private static string FileOf(Abstractions.ITextModel model) => Path.GetFileNameWithoutExtension(model.File.Path);
}
