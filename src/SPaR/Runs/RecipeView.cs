using System.Text.Json;

namespace SPaR.Runs;

/// <summary>A resolved recipe on the wire: what a request may send back.</summary>
internal static class RecipeView
{
    public static JsonElement Of(Recipe recipe) => JsonSerializer.SerializeToElement(recipe, RecipeJson.Options);
}
