using System.Text.Json;
using SPaR.Method.Recipes;
using SPaR.MicroWorld;

namespace SPaR.Tests.MicroWorld;

public sealed class MicroModelTests
{
    private static readonly JsonSerializerOptions SnakeCase = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    [Fact]
    public void The_recipe_says_what_the_model_was_made_for()
    {
        var recipe = JsonSerializer.Deserialize<Recipe>(MicroModel.ReadRecipe(), SnakeCase)!;

        recipe.Sample.ShouldBe(new() { N = 5, Temperature = 1, TopP = 1, MaxTokens = 36 });
        recipe.Judge.ShouldBe(new() { Votes = 5, Temperature = 0.7, MaxTokens = 26 });
        recipe.Refine.ShouldBe(new() { Strategy = "bfs", Depth = 3, Branch = 3, Keep = 2, Temperature = 0.7, MaxTokens = 36 });
        recipe.Prompts.Judge.ShouldBe([new("user", "{prompt}"), new("assistant", "{response}"), new("user", "judge")]);
        recipe.Prompts.Refine.ShouldBe("refine");
        recipe.Prompts.Verdict.Marker.ShouldBeNull();
        recipe.Prompts.Verdict.Take.ShouldBe("last");
        recipe.Prompts.Answer.ShouldBe(new AnswerFormat(null, null));
    }

    [Fact]
    public void The_model_file_is_in_the_programs_folder() => File.Exists(MicroModel.Path).ShouldBeTrue();
}
