using System.Text.Json;
using SPaR.Http;

namespace SPaR.Runs;

/// <summary>A recipe as it stands on the wire.</summary>
internal static class RecipeView
{
    public static JsonElement Of(Recipe recipe) => JsonSerializer.SerializeToElement(recipe, ApiJson.Options);
}
