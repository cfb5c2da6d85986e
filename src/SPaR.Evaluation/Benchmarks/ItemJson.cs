using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>JSON of item bodies and details as stored: snake case, without nulls.</summary>
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
