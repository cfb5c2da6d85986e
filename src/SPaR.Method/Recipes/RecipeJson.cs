using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SPaR.Abstractions;

namespace SPaR.Method.Recipes;

/// <summary>A resolved recipe as JSON: every option stands in it, names in snake case, choices as in a recipe that a user
/// writes.</summary>
public static class RecipeJson
{
    /// <summary>For whoever puts a recipe into a larger document.</summary>
    public static JsonSerializerOptions Options { get; } = Build();

    public static string Write(Recipe recipe) => JsonSerializer.Serialize(recipe, Options);

    /// <summary>Reads what <see cref="Write"/> wrote; a recipe that a user writes may leave options out and is read elsewhere.</summary>
    /// <exception cref="JsonException">It is not a resolved recipe.</exception>
    public static Recipe Parse(string json) =>
        JsonSerializer.Deserialize<Recipe>(json, Options) ?? throw new JsonException("A stored recipe is null.");

    private static JsonSerializerOptions Build()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveSeedOut } },
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        };
        options.MakeReadOnly();
        return options;
    }

    // A recipe has no seed: those of its trainings derive from the run's.
    private static void LeaveSeedOut(JsonTypeInfo type)
    {
        if (type.Type == typeof(TrainingOptions))
            type.Properties.Remove(type.Properties.Single(p => p.Name == "seed"));
    }
}
