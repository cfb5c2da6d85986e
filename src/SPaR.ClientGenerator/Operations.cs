using System.Text.Json.Nodes;

namespace SPaR.ClientGenerator;

/// <summary>Brings the operations of a document into the form that the template of the client takes: one body and one answer each. What is
/// lost that way stands in <c>x-</c> fields.</summary>
internal static class Operations
{
    private const string Json = "application/json", Rows = "application/x-ndjson", Events = "text/event-stream",
        Form = "multipart/form-data", File = "application/octet-stream", Preview = "UploadPreview";

    private static readonly string[] Verbs = ["Get", "List", "Export", "Submit", "Upload", "Add"];

    public static void Simplify(JsonNode document)
    {
        foreach (var (_, path) in document["paths"]!.AsObject())
            foreach (var (_, operation) in path!.AsObject())
                Simplify(operation!.AsObject());
        foreach (var (type, schema) in document["components"]!["schemas"]!.AsObject())
            foreach (var (name, property) in schema!["properties"]?.AsObject() ?? [])
            {
                TakeTheList(property!.AsObject());
                // A member cannot have the name of its type: the number of a Round.
                if (Names.Pascal(name) == type)
                    property[Names.OtherName] = $"{type}Number";
            }
    }

    private static void Simplify(JsonObject operation)
    {
        if (operation["requestBody"]?["content"] is JsonObject bodies)
            operation["requestBody"]!["content"] = bodies.ContainsKey(File) ? Content(File, Binary())
                : bodies.ContainsKey(Form) ? Content(Form, bodies[Form]!["schema"]!) : Content(Json, bodies[Json]!["schema"]!);
        var answers = operation["responses"]!.AsObject().Where(response => response.Key[0] == '2')
            .Select(response => (Status: response.Key, Content: response.Value!["content"] as JsonObject ?? [],
                Tagged: response.Value["headers"]?["ETag"] is not null)).ToList();
        var contents = answers.SelectMany(answer => answer.Content).ToList();
        var all = contents.Where(content => content.Key is Json).Select(content => content.Value!["schema"]!)
            .SelectMany(schema => schema["oneOf"] is JsonArray any ? any.Select(one => one!) : [schema]).ToList();
        var name = operation["operationId"]!.GetValue<string>();
        var json = all.FirstOrDefault(schema => NameOf(schema) != Preview) ?? all.FirstOrDefault();
        var rows = contents.Find(content => content.Key is Rows).Value?["schema"];
        Say(operation, "kind", json is not null ? answers[0].Tagged ? "tagged" : "json"
            : rows is not null && !name.StartsWith("Download", StringComparison.Ordinal) ? "rows" : contents.Count > 0 ? "file" : "none");
        Say(operation, "streams", json is not null && contents.Exists(content => content.Key is Events));
        Say(operation, "noun", Noun(name));
        Say(operation, "preview", all.Exists(schema => NameOf(schema) == Preview) && all.Count > 1);
        if (Names.IsPage(NameOf(json)))
            Say(operation, "page", Names.PageType(NameOf(json)!)["Page<".Length..^1]);
        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "",
                ["content"] = (json ?? rows) is { } schema ? Content(Json, schema) : new JsonObject(),
            },
        };
    }

    private static void Say(JsonObject operation, string what, JsonNode value) => operation[$"x-{what}"] = value;

    private static JsonObject Content(string type, JsonNode schema) =>
        new() { [type] = new JsonObject { ["schema"] = schema.DeepClone() } };

    private static JsonObject Binary() => new() { ["type"] = "string", ["format"] = "binary" };

    private static string? NameOf(JsonNode? schema) => schema?["$ref"]?.GetValue<string>().Split('/')[^1];

    /// <summary>The name without its verb.</summary>
    private static string Noun(string name) =>
        Verbs.FirstOrDefault(verb => name.StartsWith(verb, StringComparison.Ordinal)) is { } first ? name[first.Length..] : name;

    /// <summary>What may be one word or a list of them is a list.</summary>
    private static void TakeTheList(JsonObject property)
    {
        if (property["oneOf"] is not JsonArray forms
            || forms.FirstOrDefault(form => form!["type"]?.GetValue<string>() == "array") is not { } list)
            return;
        property.Remove("oneOf");
        foreach (var (name, value) in list.AsObject())
            property[name] = value?.DeepClone();
    }
}
