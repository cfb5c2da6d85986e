namespace SPaR.Method.Refinement;

/// <summary>The strategies by name. To add one, write a class in this folder and list it here.</summary>
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
