namespace SPaR.Method.Refinement;

/// <summary>The strategies by name. A new one is a file beside these and a line here.</summary>
internal static class SearchStrategies
{
    public static IReadOnlyDictionary<string, ISearchStrategy> All { get; } = new ISearchStrategy[]
    {
        new BreadthFirstSearch(),
        new DepthFirstSearch(),
        new BestOfNSearch(),
        new IterativeSearch(),
        new GreedySearch(),
    }.ToDictionary(s => s.Name, StringComparer.Ordinal);
}
