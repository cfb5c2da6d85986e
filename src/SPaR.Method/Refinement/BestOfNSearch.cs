using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Refines the root n times, independently, and takes the best.</summary>
internal sealed class BestOfNSearch : ISearchStrategy
{
    public string Name => "best-of-n";

    public IReadOnlyList<string> Options { get; } = ["n"];

    public long MostNodes(SearchOptions options) => options.N;

    public async Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken) =>
        search.AboveThreshold(await search.ExpandAsync([search.Root], search.Options.N, cancellationToken));
}
