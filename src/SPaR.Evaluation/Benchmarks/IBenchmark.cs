using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Measures models, item by item. Each result is stored at once, so an interrupted evaluation resumes with the remaining items. To
/// add a benchmark, write a class and register it.</summary>
public interface IBenchmark
{
    /// <summary>Its name in recipes and requests, in kebab case.</summary>
    string Name { get; }

    /// <summary>What it measures, which fields an uploaded item has, and the names of its measures, in a few sentences. Shown in the list
    /// of benchmarks.</summary>
    string Description { get; }

    /// <summary>A valid item as one line of JSON; null when the benchmark has its own items.</summary>
    string? Example => null;

    /// <summary>The fields of an uploaded item; empty when the benchmark has its own items.</summary>
    IReadOnlyList<Column> Columns => [];

    /// <summary>Which roles it asks.</summary>
    BenchmarkNeeds Needs { get; }

    /// <summary>The benchmark's own items, always the same; null when users upload them.</summary>
    IReadOnlyList<BenchmarkItem>? Own { get; }

    /// <summary>Reads one uploaded object, from a line or a list. Not called when the benchmark has its own items.</summary>
    /// <param name="place">The object's position, for the errors.</param>
    /// <param name="errors">Every error is added here, by field.</param>
    /// <returns>At least one item; none when there are errors.</returns>
    IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors);

    /// <summary>Measures one item. The same seed and models give the same result, up to the engine's rounding between batch shapes, and
    /// exactly when the recipe is deterministic.</summary>
    /// <exception cref="Abstractions.PromptTooLongException">The item does not fit the models' context.</exception>
    Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken cancellationToken);

    /// <summary>Measures over all items, in addition to the ratios of the tallies.</summary>
    /// <returns>By name, in snake case; always the same names.</returns>
    IReadOnlyDictionary<string, Measure> Metrics(IReadOnlyList<ItemResult> results) => new Dictionary<string, Measure>();
}

/// <summary>Which roles a benchmark asks.</summary>
[Flags]
public enum BenchmarkNeeds
{
    /// <summary>Only the actor, in the benchmark's own way: the decoding does not matter.</summary>
    None = 0,

    /// <summary>The actor, which answers in the way of the decoding.</summary>
    Answers = 1,

    /// <summary>The judge, whatever the decoding.</summary>
    Judge = 2,

    /// <summary>The refiner, whatever the decoding.</summary>
    Refiner = 4,
}

/// <summary>One item to measure.</summary>
/// <param name="Key">Unique in its set. A comparison of two evaluations pairs results by it.</param>
/// <param name="Body">What the benchmark needs, in the benchmark's own form.</param>
public sealed record BenchmarkItem(string Key, JsonElement Body);
