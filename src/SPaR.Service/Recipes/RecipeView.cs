using System.Text.Json;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>A resolved recipe on the wire: what a request may send back.</summary>
internal static class RecipeView
{
    public static JsonElement Of(Recipe recipe) => JsonSerializer.SerializeToElement(recipe, RecipeJson.Options);
}
