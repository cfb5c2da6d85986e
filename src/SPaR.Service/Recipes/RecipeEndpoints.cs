using System.Text.Json;
using SPaR.Method.Recipes;
using SPaR.Service.Keys;

namespace SPaR.Service.Recipes;

/// <summary>Lists the named recipes and prompt sets.</summary>
internal static class RecipeEndpoints
{
    public static void MapRecipes(this IEndpointRouteBuilder api)
    {
        api.MapGet("/recipes", () => TypedResults.Ok(new RecipeList([.. RecipeNames.All.Values.Select(RecipeView.Of)])))
            .WithTags("Recipes").RequireScope(Scope.Read).WithName("ListRecipes").WithSummary("The named recipes, every option resolved");
        api.MapGet("/prompt-sets", () => TypedResults.Ok(new PromptSetList([.. PromptSetRules.Named.Values])))
            .WithTags("Recipes").RequireScope(Scope.Read).WithName("ListPromptSets").WithSummary("The named prompt sets, word for word");
    }
}

internal sealed record RecipeList(IReadOnlyList<JsonElement> Recipes);

internal sealed record PromptSetList(IReadOnlyList<PromptSet> PromptSets);
