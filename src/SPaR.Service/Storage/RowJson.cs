using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Service.Storage;

/// <summary>The JSON of <c>jsonb</c> columns: names in snake case, enums in kebab case.</summary>
internal static class RowJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };
}
