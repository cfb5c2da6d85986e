namespace SPaR.Method.Recipes;

/// <summary>The named recipes. Add one by a line here.</summary>
internal static class RecipeNames
{
    public static IReadOnlyDictionary<string, Recipe> All { get; } = new Recipe[]
    {
        new(),
        // Exactly the paper's options, and the request order of its scripts.
        new() { Name = "reference", Refine = new() { Expansion = Expansion.Sequential } },
    }.ToDictionary(r => r.Name, StringComparer.Ordinal);
}
