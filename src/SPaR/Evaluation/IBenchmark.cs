using SPaR.Runs;

namespace SPaR.Evaluation;

/// <summary>Measures players. One of the extension points: a new benchmark is a class and a line of registration.</summary>
public interface IBenchmark
{
    /// <summary>As written in a recipe, in kebab case.</summary>
    string Name { get; }

    /// <param name="recipe">How the players are asked: prompts, votes, search.</param>
    /// <param name="seed">The same seed and players give the same figures, up to the engine's rounding between batch shapes.</param>
    /// <returns>By name, in snake case; the same names every time.</returns>
    /// <exception cref="Abstractions.PromptTooLongException">The recipe's token limits do not fit the models' context.</exception>
    Task<IReadOnlyDictionary<string, Measure>> RunAsync(Players players, Recipe recipe, long seed, CancellationToken stop);
}
