using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>How bodies and details of items stand in rows: snake case, what is null left out.</summary>
internal static class ItemJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public static JsonElement Of<T>(T detail) => JsonSerializer.SerializeToElement(detail, Options);
}
