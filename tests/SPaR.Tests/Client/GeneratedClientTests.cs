using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SPaR.Client;

namespace SPaR.Tests.Client;

/// <summary>The client has what the OpenAPI document has.</summary>
public sealed class GeneratedClientTests
{
    private static readonly JsonNode Document = JsonNode.Parse(Repository.Read("src/SPaR.Client/openapi.json"))!;

    private static readonly ILookup<string, MethodInfo> Methods =
        typeof(SparClient).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).ToLookup(m => m.Name);

    [Fact]
    public void Every_operation_is_one_method_that_can_be_cancelled()
    {
        foreach (var (_, operation) in Operations())
        {
            var method = Methods[$"{operation["operationId"]}Async"].ShouldHaveSingleItem($"{operation["operationId"]}");
            method.GetParameters()[^1].ParameterType.ShouldBe(typeof(CancellationToken), method.Name);
        }
    }

    [Fact]
    public void Every_parameter_of_an_operation_can_be_given()
    {
        foreach (var (_, operation) in Operations())
            foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
            {
                var name = $"{parameter!["name"]}".Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
                // A preview has another answer, and so another method; rows are read in the one format that their type is of.
                var methods = Methods.Where(m => m.Key.EndsWith(Noun(operation) + "Async", StringComparison.Ordinal)).SelectMany(m => m)
                    .ToList();
                (methods.Exists(m => m.GetParameters().Any(p => p.Name!.Equals(name, StringComparison.OrdinalIgnoreCase)))
                    || (name == "preview" && methods.Exists(m => m.Name.StartsWith("Preview", StringComparison.Ordinal))))
                    .ShouldBeTrue($"{operation["operationId"]}: {parameter["name"]}");
            }
    }

    [Fact]
    public void Every_field_of_a_schema_is_a_property_under_its_name()
    {
        foreach (var (name, schema) in Document["components"]!["schemas"]!.AsObject())
        {
            if (name.StartsWith("PageOf", StringComparison.Ordinal) || schema!["properties"] is not JsonObject fields
                || typeof(SparClient).Assembly.GetType($"SPaR.Client.{name}") is not { } type)
                continue;
            type.GetProperties().Select(p => p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name).OfType<string>()
                .ShouldBe(fields.Select(field => field.Key), ignoreOrder: true, name);
        }
    }

    /// <summary>A list of the document says by its form whether the client can read on.</summary>
    [Fact]
    public void Every_list_can_be_read_to_its_end_and_every_stream_followed()
    {
        foreach (var (_, operation) in Operations())
        {
            var answer = operation["responses"]!["200"]?["content"];
            if ($"{answer?["application/json"]?["schema"]?["$ref"]}".Contains("/PageOf", StringComparison.Ordinal))
                Methods.Contains($"Enumerate{Noun(operation)}Async").ShouldBeTrue($"{operation["operationId"]}");
            if (answer?["text/event-stream"] is not null)
                Methods.Contains($"{operation["operationId"]}StreamingAsync").ShouldBeTrue($"{operation["operationId"]}");
        }
    }

    private static IEnumerable<(string Path, JsonNode Operation)> Operations() => Document["paths"]!.AsObject()
        .SelectMany(path => path.Value!.AsObject(), (path, operation) => (path.Key, operation.Value!));

    private static string Noun(JsonNode operation)
    {
        var name = $"{operation["operationId"]}";
        return new[] { "Get", "List", "Export", "Submit", "Upload", "Add" }
            .FirstOrDefault(verb => name.StartsWith(verb, StringComparison.Ordinal)) is { } first ? name[first.Length..] : name;
    }
}
