using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Http.Fuzzing;

/// <summary>What the OpenAPI document says of values: a body with every property, and the numbers at and around every limit.</summary>
internal sealed class FuzzSchema(JsonNode document, Random random)
{
    private const int Deepest = 7;

    /// <summary>The limits of all numbers, one below and one above them, and all words of enums, as JSON.</summary>
    public IReadOnlyList<string> Limits { get; } = [.. LimitsOf(document).Distinct(StringComparer.Ordinal)];

    /// <returns>A valid value of the schema with a random part of its properties.</returns>
    public JsonNode? Example(JsonNode? schema, int depth = 0)
    {
        schema = Resolved(schema);
        if (schema is null || depth > Deepest)
            return null;
        if (schema["enum"] is JsonArray words)
            return words[random.Next(words.Count)]?.DeepClone();
        if (schema["properties"] is JsonObject properties)
        {
            var value = new JsonObject();
            foreach (var (name, property) in properties)
                if (random.Next(3) > 0)
                    value[name] = Example(property, depth + 1);
            return value;
        }

        return (schema["type"] is JsonArray types ? types[0] : schema["type"])?.ToString() switch
        {
            "string" => "a",
            "integer" => Number(schema, 2),
            "number" => Number(schema, 0.5),
            "boolean" => random.Next(2) == 0,
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => Example(schema["items"], depth + 1))]),
            _ => new JsonObject(),
        };
    }

    private static JsonNode Number(JsonNode schema, JsonNode otherwise) =>
        (schema["default"] ?? schema["minimum"] ?? schema["maximum"])?.DeepClone() ?? otherwise;

    private JsonNode? Resolved(JsonNode? schema)
    {
        while ((schema?["$ref"] ?? schema?["allOf"]?[0]?["$ref"]) is JsonValue reference)
            schema = document["components"]!["schemas"]![reference.GetValue<string>().Split('/')[^1]];
        return schema;
    }

    private static IEnumerable<string> LimitsOf(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => p.Key switch
        {
            "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" when p.Value is JsonValue limit
                && limit.TryGetValue<double>(out var number) =>
                [limit.ToJsonString(), JsonValue.Create(number - 1).ToJsonString(), JsonValue.Create(number + 1).ToJsonString()],
            "enum" when p.Value is JsonArray words => words.Where(w => w is not null).Select(w => w!.ToJsonString()),
            _ => LimitsOf(p.Value),
        }),
        JsonArray a => a.SelectMany(LimitsOf),
        _ => [],
    };
}
