using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NJsonSchema;
using NJsonSchema.CodeGeneration;
using NSwag;
using NSwag.CodeGeneration;

namespace SPaR.ClientGenerator;

/// <summary>C# names for the names of the document: <c>instruction_set</c> is a property InstructionSet and a parameter
/// instructionSet, <c>already-good</c> a value AlreadyGood, <c>PageOfRun</c> the type Page&lt;Run&gt;.</summary>
internal sealed partial class Names : IPropertyNameGenerator, IParameterNameGenerator, IEnumNameGenerator, ITypeNameGenerator
{
    /// <summary>The name of a property in C#, where its own cannot be used.</summary>
    public const string OtherName = "x-name";

    private const string PageOf = "PageOf";

    private static readonly DefaultTypeNameGenerator Types = new();

    public string Generate(JsonSchemaProperty property) =>
        property.ExtensionData?.TryGetValue(OtherName, out var other) is true ? $"{other}" : Pascal(property.Name);

    public string Generate(int index, string? name, object? value, JsonSchema schema) => Pascal(name ?? $"{value}");

    public string Generate(OpenApiParameter parameter, IEnumerable<OpenApiParameter> allParameters) => Camel(parameter.Name);

    public string Generate(JsonSchema schema, string? typeNameHint, IEnumerable<string> reservedTypeNames) =>
        typeNameHint?.StartsWith(PageOf, StringComparison.Ordinal) is true
            ? PageType(typeNameHint)
            : Pascal(Types.Generate(schema, typeNameHint, reservedTypeNames));

    /// <summary>The types that the client has written by hand.</summary>
    public static string[] PageTypes(JsonNode document) =>
    [
        .. document["components"]!["schemas"]!.AsObject().Select(schema => schema.Key)
            .Where(name => name.StartsWith(PageOf, StringComparison.Ordinal)).Select(PageType),
    ];

    public static string PageType(string schema) => $"Page<{schema[PageOf.Length..]}>";

    public static bool IsPage(string? schema) => schema?.StartsWith(PageOf, StringComparison.Ordinal) is true;

    public static string Camel(string name) => Pascal(name) is var pascal ? char.ToLowerInvariant(pascal[0]) + pascal[1..] : "";

    public static string Pascal(string name)
    {
        var joined = string.Concat(Words().Matches(name).Select(word => Capitalised(word.Value)));
        return char.IsDigit(joined[0]) ? $"_{joined}" : joined;
    }

    private static string Capitalised(string word) =>
        char.ToUpperInvariant(word[0]) + (word.All(char.IsUpper) ? word[1..].ToLowerInvariant() : word[1..]);

    [GeneratedRegex("[A-Za-z0-9]+")]
    private static partial Regex Words();
}
