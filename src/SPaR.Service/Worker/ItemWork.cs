using SPaR.Abstractions;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Service.Worker;

/// <summary>The method, as far as a worker needs it.</summary>
/// <param name="Walk">Takes one item to its end, from wherever its journal stands.</param>
/// <param name="Preflight">Tries the judge on a few prompts.</param>
internal sealed record ItemWork(
    Func<ItemRun, CancellationToken, Task> Walk,
    Func<IReadOnlyList<IReadOnlyList<ChatMessage>>, long, Recipe, RunModels, CancellationToken, Task<Preflight>> Preflight);
