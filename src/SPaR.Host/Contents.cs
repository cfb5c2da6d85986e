using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SPaR.Host;

/// <summary>Names every content that an address takes or answers with. ASP.NET's explorer keeps one type per status, and so loses the page
/// of an address that also streams.</summary>
internal sealed class Contents : IOperationFilter
{
    private const string Json = "application/json";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (var answers in context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IProducesResponseTypeMetadata>()
            .SelectMany(answer => answer.ContentTypes, (answer, type) => (answer.StatusCode, Type: type, Shape: answer.Type))
            .GroupBy(answer => (answer.StatusCode, answer.Type), answer => answer.Shape))
            if (operation.Responses?.TryGetValue($"{answers.Key.StatusCode}", out var declared) is true
                && declared is OpenApiResponse response)
            {
                response.Content ??= new Dictionary<string, IOpenApiMediaType>();
                response.Content[answers.Key.Type] = new OpenApiMediaType { Schema = OneOf(Declared(answers), context) };
            }

        // Only JSON is read into a type; a file of any other kind is read row by row.
        foreach (var (type, content) in operation.RequestBody?.Content ?? new Dictionary<string, IOpenApiMediaType>())
            if (type is not (Json or "multipart/form-data") && content is OpenApiMediaType file)
                file.Schema = Binary();
    }

    /// <summary>Without the types that only say that an address streams something.</summary>
    private static List<Type?> Declared(IEnumerable<Type?> shapes)
    {
        var all = shapes.Distinct().ToList();
        var said = all.FindAll(
            type => type != typeof(object)
                && (type is not { IsGenericType: true } || type.GetGenericTypeDefinition() != typeof(SseItem<>)));
        return said.Count > 0 ? said : all;
    }

    private static IOpenApiSchema OneOf(List<Type?> shapes, OperationFilterContext context) => shapes is [var only]
        ? SchemaOf(only, context)
        : new OpenApiSchema { OneOf = shapes.ConvertAll(shape => SchemaOf(shape, context)) };

    private static IOpenApiSchema SchemaOf(Type? type, OperationFilterContext context) =>
        type is null || type == typeof(void) || type == typeof(Stream)
            ? Binary()
            : context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository);

    private static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
