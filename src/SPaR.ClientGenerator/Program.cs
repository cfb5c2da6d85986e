using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;
using NSwag.CodeGeneration.OperationNameGenerators;
using SPaR.ClientGenerator;

// Writes the client for an OpenAPI document: args[0] is the document, args[1] the folder of the templates, args[2] the C# file. Run by the build of SPaR.Client.
var document = JsonNode.Parse(File.ReadAllText(args[0]))!;
Operations.Simplify(document);
var settings = new CSharpClientGeneratorSettings
{
    ClassName = "SparClient",
    GenerateOptionalParameters = true,
    GenerateExceptionClasses = false,
    GenerateResponseClasses = false,
    OperationNameGenerator = new SingleClientFromOperationIdOperationNameGenerator(),
    ParameterNameGenerator = new Names(),
    CSharpGeneratorSettings =
    {
        Namespace = "SPaR.Client",
        JsonLibrary = CSharpJsonLibrary.SystemTextJson,
        GenerateNullableReferenceTypes = true,
        GenerateOptionalPropertiesAsNullable = true,
        GenerateDefaultValues = false,
        GenerateDataAnnotations = false,
        AnyType = "System.Text.Json.Nodes.JsonNode",
        DateTimeType = "System.DateTimeOffset",
        ArrayType = "System.Collections.Generic.IReadOnlyList",
        ArrayInstanceType = "System.Collections.Generic.List",
        DictionaryType = "System.Collections.Generic.IReadOnlyDictionary",
        DictionaryInstanceType = "System.Collections.Generic.Dictionary",
        PropertyNameGenerator = new Names(),
        EnumNameGenerator = new Names(),
        TypeNameGenerator = new Names(),
        ExcludedTypeNames = Names.PageTypes(document),
        TemplateDirectory = args[1],
    },
    ResponseArrayType = "System.Collections.Generic.IReadOnlyList",
    ResponseDictionaryType = "System.Collections.Generic.IReadOnlyDictionary",
};
var parsed = await OpenApiDocument.FromJsonAsync(document.ToJsonString());
var code = new CSharpClientGenerator(parsed, settings).GenerateFile();
// Templates leave many empty lines.
File.WriteAllText(args[2], Regex.Replace(code, @"\n(\s*\n)+", "\n"));
