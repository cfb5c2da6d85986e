using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using SPaR.Service.Http;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SPaR.Host;

/// <summary>Says of each property whether it may be null or left out, from the types in the source. Swashbuckle 11 calls every text, list
/// and object nullable, also with SupportNonNullableReferenceTypes; clients that are generated from the document need to know.</summary>
internal sealed class NullableProperties : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (context.MemberInfo is not null || schema is not OpenApiSchema { Properties: { Count: > 0 } properties } shown)
            return;
        shown.Required = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in context.Type.GetProperties())
        {
            if (!properties.TryGetValue(Name(property), out var declared)
                || new NullabilityInfoContext().Create(property).ReadState is not NullabilityState.NotNull)
                continue;
            if (declared is OpenApiSchema inline)
                inline.Type &= ~JsonSchemaType.Null;
            if (!IsOptional(property))
                shown.Required.Add(Name(property));
        }
    }

    private static string Name(PropertyInfo property) => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
        ?? ApiJson.Options.PropertyNamingPolicy!.ConvertName(property.Name);

    /// <summary>Whether it has a default in requests, or is not always written in answers.</summary>
    private static bool IsOptional(PropertyInfo property) =>
        property.GetCustomAttribute<JsonIgnoreAttribute>() is not null
        || property.DeclaringType!.GetConstructors().Any(constructor => constructor.GetParameters().Any(
            parameter => parameter.Name == property.Name && parameter.HasDefaultValue));
}
