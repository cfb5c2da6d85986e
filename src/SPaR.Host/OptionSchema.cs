using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SPaR.Abstractions;
using SPaR.Method.Recipes;

namespace SPaR.Host;

/// <summary>Adds to the schema of an options record what its type does not say: the defaults, and what the elements of a list may be.
/// Ranges and words come from the attributes that the service reads the options by.</summary>
internal static class OptionSchema
{
    /// <param name="options">A record whose instance without arguments has the defaults.</param>
    public static void Complete(OpenApiSchema schema, Type options)
    {
        var type = RecipeJson.Options.GetTypeInfo(options);
        var defaults = type.CreateObject!();
        foreach (var property in type.Properties)
        {
            if (schema.Properties?[property.Name] is not OpenApiSchema shown)
                continue;
            if (property.Get!(defaults) is { } value)
            {
                shown.Default = JsonSerializer.SerializeToNode(value, property.PropertyType, RecipeJson.Options);
                // Only what has no default may be null.
                shown.Type &= ~JsonSchemaType.Null;
            }

            if (shown.Items is not OpenApiSchema element)
                continue;
            if (property.AttributeProvider!.GetCustomAttributes(typeof(EachUpToAttribute), inherit: false) is [EachUpToAttribute range])
                (element.ExclusiveMinimum, element.Maximum) = ("0", range.Most.ToString(CultureInfo.InvariantCulture));
            if (property.Name == "target_modules")
                element.Enum = [.. LoraOptions.AllTargets.Select(target => (JsonNode)target)];
        }
    }
}
