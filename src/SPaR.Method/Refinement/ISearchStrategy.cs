using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Decides which nodes to expand and when to stop. <see cref="Search.ExpandAsync"/> does the refining, judging and
/// storing.</summary>
internal interface ISearchStrategy
{
    /// <summary>As written in a recipe.</summary>
    string Name { get; }

    /// <summary>Which of <c>depth</c>, <c>branch</c>, <c>keep</c>, <c>select</c> and <c>n</c> it uses. A recipe that sets another of
    /// these is rejected.</summary>
    IReadOnlyList<string> Options { get; }

    /// <returns>The most nodes that a tree of it can have, without the root and before the budget.</returns>
    long MostNodes(SearchOptions options);

    /// <returns>The node whose value above <see cref="SearchOptions.StopAbove"/> ended the search; null when none did.</returns>
    Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken);
}
