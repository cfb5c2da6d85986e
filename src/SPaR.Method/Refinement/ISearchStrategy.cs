using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Decides which nodes are expanded and when to stop. Does not ask, judge or store: <see cref="Search.ExpandAsync"/>
/// does.</summary>
internal interface ISearchStrategy
{
    /// <summary>As written in a recipe.</summary>
    string Name { get; }

    /// <summary>Which of <c>depth</c>, <c>branch</c>, <c>keep</c>, <c>select</c> and <c>n</c> it reads; a recipe that sets another
    /// of them is refused.</summary>
    IReadOnlyList<string> Options { get; }

    /// <returns>The node that ended the search by a value above <see cref="SearchOptions.StopAbove"/>, or null when none did.</returns>
    Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken);
}
