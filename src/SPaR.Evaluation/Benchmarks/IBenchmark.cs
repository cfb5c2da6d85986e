using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Measures players, item by item: each result is stored when it is there, so an evaluation that was cut off goes on with the
/// items that are left. One of the extension points: a new benchmark is a class and a line of registration.</summary>
public interface IBenchmark
{
    /// <summary>As written in a recipe and in a request, in kebab case.</summary>
    string Name { get; }

    /// <summary>What it measures, which fields an item of the user's has, and what its measures are called, in a few sentences: the list of
    /// benchmarks shows it.</summary>
    string Description { get; }

    /// <summary>An object that <see cref="Read"/> takes without a fault, as one line of JSON; null where there are items of its
    /// own.</summary>
    string? Example => null;

    /// <summary>Who is asked beside the actor.</summary>
    BenchmarkNeeds Needs { get; }

    /// <summary>The items of a benchmark that brings its own, always the same; null where the user brings them.</summary>
    IReadOnlyList<BenchmarkItem>? Own { get; }

    /// <summary>Reads what the user brings: one object, of a line or of a list. Not called where there are items of its own.</summary>
    /// <param name="place">Where it stands, for the errors.</param>
    /// <param name="errors">Gets every fault, by field; without any new one, all items are returned.</param>
    /// <returns>One item or more.</returns>
    IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors);

    /// <summary>Measures one item. The same seed and players give the same result, up to the engine's rounding between batch shapes, and
    /// exactly where the recipe is deterministic.</summary>
    /// <exception cref="Abstractions.PromptTooLongException">The item does not fit the models' context.</exception>
    Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken cancellationToken);

    /// <summary>What is known when all items are done, beside the ratios of the tallies.</summary>
    /// <returns>By name, in snake case; the same names every time.</returns>
    IReadOnlyDictionary<string, Measure> Metrics(IReadOnlyList<ItemResult> results) => new Dictionary<string, Measure>();
}

/// <summary>Who a benchmark asks.</summary>
[Flags]
public enum BenchmarkNeeds
{
    /// <summary>The actor alone, whom the benchmark asks in a way of its own: nothing is decoded.</summary>
    None = 0,

    /// <summary>The actor answers, in the way that the decoding says.</summary>
    Answers = 1,

    /// <summary>The judge is asked whatever the decoding.</summary>
    Judge = 2,

    /// <summary>The refiner is asked whatever the decoding.</summary>
    Refiner = 4,
}

/// <summary>One thing to measure.</summary>
/// <param name="Key">Tells it from all others of its set; results are paired by it when two evaluations are compared.</param>
/// <param name="Body">All that the benchmark needs of it, as the benchmark reads it.</param>
public sealed record BenchmarkItem(string Key, JsonElement Body);
