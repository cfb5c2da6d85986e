using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SPaR.Cli.Client;

namespace SPaR.Tests.Cli;

/// <summary>Holds the records of the terminal's client to the service's OpenAPI document: each field that it reads is in the answer, with a
/// type that can be read, and each field that it sends is in the request.</summary>
public sealed class ClientContractTests
{
    private static readonly JsonObject Schemas =
        JsonNode.Parse(Repository.Read("tests/SPaR.Integration.Tests/Http/openapi.snap"))!["components"]!["schemas"]!.AsObject();

    [Theory]
    [InlineData(typeof(Page<ModelView>), "PageOfModel")]
    [InlineData(typeof(Page<TreeSummary>), "PageOfTreeSummary")]
    [InlineData(typeof(InstructionSetView), "InstructionSet")]
    [InlineData(typeof(DatasetView), "Dataset")]
    [InlineData(typeof(RunView), "Run")]
    [InlineData(typeof(TrainingRunView), "TrainingRun")]
    [InlineData(typeof(Preference), "SparRow")]
    [InlineData(typeof(TreeView), "Tree")]
    [InlineData(typeof(RefinementView), "Refinement")]
    [InlineData(typeof(RunRequest), "RunRequest")]
    [InlineData(typeof(TrainingRequest), "TrainingRunRequest")]
    public void Every_field_of_the_client_is_in_the_document(Type record, string schema) =>
        Differences(record, schema, []).ShouldBeEmpty();

    private static IEnumerable<string> Differences(Type record, string schema, HashSet<Type> seen)
    {
        if (!seen.Add(record))
            return [];
        var properties = Schemas[schema]?["properties"]?.AsObject();
        return properties is null
            ? [$"{schema} is no object of the document"]
            : Fields(record).SelectMany(field => properties[field.Name] is { } property
                ? Differences($"{schema}.{field.Name}", field.Type, property, seen)
                : [$"{schema}.{field.Name} is not in the document"]);
    }

    private static IEnumerable<string> Differences(string path, Type type, JsonNode declared, HashSet<Type> seen)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var property = declared["allOf"]?[0] ?? declared;
        var name = property["$ref"]?.GetValue<string>().Split('/')[^1];
        var target = name is null ? property : Schemas[name]!;
        var isObject = target["type"]?.GetValue<string>() is "object" or null;
        if (type.IsAssignableTo(typeof(JsonNode)))
            return isObject ? [] : [$"{path} is not an object"];
        if (type != typeof(string) && type.IsGenericType && type.IsAssignableTo(typeof(IEnumerable)))
            return Differences($"{path}[]", type.GetGenericArguments()[^1], target["items"] ?? target["additionalProperties"]!, seen);
        if (!type.IsPrimitive && type != typeof(string))
            return name is null ? [$"{path} is not an object"] : Differences(type, name, seen);
        var expected = type == typeof(string) ? "string" : type == typeof(bool) ? "boolean" : type == typeof(double) ? "number" : "integer";
        return target["type"]?.GetValue<string>() == expected ? [] : [$"{path} is not of the type {expected}"];
    }

    /// <summary>The fields as they stand in JSON: the parameters of the record's constructor.</summary>
    private static IEnumerable<(string Name, Type Type)> Fields(Type record) => record.GetConstructors()[0].GetParameters().Select(
        parameter => (record.GetProperty(parameter.Name!)!.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
            ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Name!), parameter.ParameterType));
}
