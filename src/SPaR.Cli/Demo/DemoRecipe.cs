using System.Text.Json.Nodes;
using SPaR.MicroWorld;

namespace SPaR.Cli.Demo;

/// <summary>The tiny language's recipe, adapted to each part of the demo.</summary>
internal static class DemoRecipe
{
    /// <summary>Rounds of self-play, training and evaluation, each with its own instructions.</summary>
    public static JsonObject Loop(int instructionsPerRound)
    {
        var recipe = Read();
        recipe["instructions_per_round"] = instructionsPerRound;
        return recipe;
    }

    /// <summary>Pairs only.</summary>
    /// <param name="source"><c>refined</c> or <c>independent</c>.</param>
    public static JsonObject Pairs(string source)
    {
        var recipe = Read();
        recipe.Remove("train");
        recipe.Remove("evaluate");
        recipe["pair"] = new JsonObject { ["source"] = source };
        return recipe;
    }

    /// <summary>An evaluation of the starting models; no training.</summary>
    public static JsonObject Evaluation()
    {
        var recipe = Read();
        recipe.Remove("train");
        return recipe;
    }

    /// <summary>The actor's training options.</summary>
    public static JsonObject ActorTraining() => Read()["train"]!["actor"]!.DeepClone().AsObject();

    /// <summary>Children per node of the search.</summary>
    public static int Branch() => Read()["refine"]!["branch"]!.GetValue<int>();

    private static JsonObject Read() => JsonNode.Parse(MicroModel.ReadRecipe())!.AsObject();
}
