using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SPaR.Method.Recipes;

/// <summary>A resolved recipe as JSON: every option is in it, under the names and choices that users write.</summary>
public static class RecipeJson
{
    /// <summary>For recipes inside a larger document.</summary>
    public static JsonSerializerOptions Options { get; } = Build();

    public static string Write(Recipe recipe) => JsonSerializer.Serialize(recipe, Options);

    /// <summary>Reads what <see cref="Write"/> wrote. Recipes by users, which may leave options out, are read elsewhere.</summary>
    /// <exception cref="JsonException">The JSON is not a resolved recipe.</exception>
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
