namespace SPaR.Method.Recipes;

/// <summary>The recipes that have a name. A new one is a line here.</summary>
internal static class RecipeNames
{
    public static IReadOnlyDictionary<string, Recipe> All { get; } = new Recipe[]
    {
        new(),
        // Exactly the paper's options and the order of requests of its own scripts.
        new() { Name = "reference", Refine = new() { Expansion = Expansion.Sequential } },
    }.ToDictionary(r => r.Name, StringComparer.Ordinal);
}
