using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace SPaR.Service.Mcp;

/// <summary>A tool for language models: an endpoint of the API under a name of its own, with the parameters that a model needs.</summary>
/// <param name="Endpoint">The name of the endpoint.</param>
internal sealed record McpTool(string Name, string Endpoint, string Description, params ToolParameter[] Parameters)
{
    /// <summary>It changes nothing.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>What it does cannot be taken back.</summary>
    public bool IsDestructive { get; init; }

    /// <summary>As the client sees it.</summary>
    public Tool Describe() => new()
    {
        Name = Name,
        Description = Description,
        InputSchema = JsonSerializer.SerializeToElement(new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(Parameters.Select(p => KeyValuePair.Create(p.Name, (JsonNode?)p.Schema.DeepClone()))),
            ["required"] = new JsonArray([.. Parameters.Where(p => p.IsRequired).Select(p => JsonValue.Create(p.Name))]),
            ["additionalProperties"] = false,
        }),
        Annotations = new()
        {
            ReadOnlyHint = IsReadOnly,
            DestructiveHint = IsDestructive,
            IdempotentHint = IsReadOnly,
            OpenWorldHint = false,
        },
    };
}

internal enum ParameterPlace
{
    Path,
    Query,
    Body,
}

/// <param name="Schema">In JSON Schema.</param>
internal sealed record ToolParameter(string Name, ParameterPlace Place, JsonObject Schema, bool IsRequired)
{
    /// <summary>An id or another part of the address.</summary>
    public static ToolParameter Id(string name, string description) => new(name, ParameterPlace.Path, Of("string", description), true);

    /// <summary>Parameters of the query are optional.</summary>
    public static ToolParameter Query(string name, JsonObject schema) => new(name, ParameterPlace.Query, schema, false);

    public static ToolParameter Body(string name, JsonObject schema, bool required = false) =>
        new(name, ParameterPlace.Body, schema, required);

    /// <summary>Of a list in pages.</summary>
    public static ToolParameter[] Page { get; } =
    [
        Query("after", Of("string", "The 'after' of the previous page; leave it out for the first.")),
        Query("limit", Whole("Rows, 50 by default.", 1, 200)),
    ];

    public static JsonObject Text(string description, int longest = 200) =>
        Of("string", description, ("minLength", 1), ("maxLength", longest));

    public static JsonObject Model(string description) => Of("string", $"{description} By id, name or path; list_models shows them.");

    public static JsonObject Whole(string description, long least, long most) =>
        Of("integer", description, ("minimum", least), ("maximum", most));

    public static JsonObject Flag(string description) => Of("boolean", description);

    public static JsonObject Object(string description) => Of("object", description);

    public static JsonObject Choice(string description, params string[] words) =>
        Of("string", description, ("enum", new JsonArray([.. words.Select(word => JsonValue.Create(word))])));

    public static JsonObject Seed { get; } = Whole("What all seeds derive from; one is chosen if omitted.", 0, long.MaxValue);

    public static JsonObject Recipe { get; } = new()
    {
        ["type"] = new JsonArray("string", "object"),
        ["description"] = "The name of a recipe, or an object with the options that differ from the defaults; list_recipes shows all.",
    };

    private static JsonObject Of(string type, string description, params (string Name, JsonNode? Value)[] more)
    {
        var schema = new JsonObject { ["type"] = type, ["description"] = description };
        foreach (var (name, value) in more)
            schema[name] = value;
        return schema;
    }
}
