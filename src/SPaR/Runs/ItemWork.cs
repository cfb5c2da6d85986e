using SPaR.Instructions;

namespace SPaR.Runs;

/// <summary>The method, as far as a worker needs it.</summary>
/// <param name="Walk">Takes one item to its end, from wherever its journal stands.</param>
/// <param name="Preflight">Tries the judge on a few prompts.</param>
internal sealed record ItemWork(
    Func<Walk, CancellationToken, Task> Walk,
    Func<IReadOnlyList<IReadOnlyList<ChatMessage>>, long, Recipe, Players, CancellationToken, Task<Preflight>> Preflight);
