using System.Text.Json;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>A resolved recipe in an answer; a request may send it back.</summary>
internal static class RecipeView
{
    public static JsonElement Of(Recipe recipe) => JsonSerializer.SerializeToElement(recipe, RecipeJson.Options);
}
