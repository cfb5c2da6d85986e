using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Method.Examples;

/// <summary>Chooses a round's refiner examples from its candidates: one per distinct prompt, each kind up to its cap, in the candidates'
/// own random order. The order in which the candidates are given does not matter.</summary>
internal static class RefinerExampleSelection
{
    /// <returns>In the candidates' random order.</returns>
    public static IReadOnlyList<RefinerExample> Choose(IEnumerable<RefinerExample> candidates, RefinerExampleOptions caps)
    {
        var prompts = new HashSet<string>();
        return [.. Drawn(candidates)
            .GroupBy(c => c.Kind)
            .OrderBy(kind => kind.Key)
            .SelectMany(kind => kind.Where(c => prompts.Add(c.PromptHash)).Take(Cap(kind.Key, caps)))
            .OrderBy(c => c.Draw)];
    }

    private static IOrderedEnumerable<RefinerExample> Drawn(IEnumerable<RefinerExample> candidates) => candidates
        .OrderBy(c => c.Draw)
        .ThenBy(c => c.RunId, StringComparer.Ordinal)
        .ThenBy(c => c.Round)
        .ThenBy(c => c.InstructionId, StringComparer.Ordinal)
        .ThenBy(c => c.Source, StringComparer.Ordinal);

    public static int Cap(ExampleKind kind, RefinerExampleOptions caps) => kind switch
    {
        ExampleKind.Refine => caps.Refine,
        ExampleKind.JudgePositive => caps.Positive,
        ExampleKind.JudgeNegative => caps.Negative,
        ExampleKind.FirstBad => caps.FirstBad,
        ExampleKind.FirstGood => caps.FirstGood,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Add the cap of this kind of example here."),
    };
}
