using System.Text.Json.Nodes;
using SPaR.MicroWorld;

namespace SPaR.Cli.Demo;

/// <summary>The tiny language's recipe, adapted to each part of the demo.</summary>
internal static class DemoRecipe
{
    /// <summary>Rounds of self-play, training and evaluation, each with its own instructions.</summary>
    public static JsonObject Loop(DemoOptions options)
    {
        var recipe = Read(options.HeldOut);
        recipe["instructions_per_round"] = options.Instructions;
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
    public static JsonObject Evaluation(DemoOptions options)
    {
        var recipe = Read(options.HeldOut);
        recipe.Remove("train");
        return recipe;
    }

    /// <summary>The actor's training options.</summary>
    public static JsonObject ActorTraining() => Read()["train"]!["actor"]!.DeepClone().AsObject();

    /// <summary>Children per node of the search.</summary>
    public static int Branch() => Read()["refine"]!["branch"]!.GetValue<int>();

    private static JsonObject Read(int heldOut)
    {
        var recipe = Read();
        recipe["evaluate"] = new JsonObject
        {
            ["benchmarks"] = new JsonArray(new JsonObject { ["benchmark"] = "micro-world", ["limit"] = heldOut }),
        };
        return recipe;
    }

    private static JsonObject Read() => JsonNode.Parse(MicroModel.ReadRecipe())!.AsObject();
}
