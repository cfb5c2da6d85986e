using SPaR.Runs;

namespace SPaR.Evaluation;

/// <summary>One of the extension points: measures players.</summary>
public interface IBenchmark
{
    /// <summary>What a recipe names it by: <c>micro-world</c>.</summary>
    string Name { get; }

    /// <param name="seed">What all seeds of the evaluation derive from.</param>
    /// <returns>The measures by name; the names are the same every time.</returns>
    Task<IReadOnlyDictionary<string, Measure>> RunAsync(Players players, Recipe recipe, long seed, CancellationToken stop);
}
