using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>Reads the fields of an options record. Their names and choices are those of <see cref="RecipeJson"/>; what a value may be is
/// said by the property's <see cref="RangeAttribute"/> or <see cref="AllowedValuesAttribute"/>, and nowhere else.</summary>
internal static class OptionReader
{
    /// <summary>Reads every number, flag, choice and text of the record, except fields that were read before, and refuses unknown
    /// fields.</summary>
    /// <param name="based">What is left out is taken from here.</param>
    /// <param name="complete">Reads the record's other fields and checks the whole.</param>
    public static T Options<T>(this FieldReader fields, T based, Func<T, T>? complete = null)
        where T : class
    {
        var type = RecipeJson.Options.GetTypeInfo(typeof(T));
        var options = type.CreateObject!();
        foreach (var property in type.Properties)
            property.Set!(options, fields.Option(property, property.Get!(based)));
        var completed = complete is null ? (T)options : complete((T)options);
        fields.RefuseUnknown();
        return completed;
    }

    private static object? Option(this FieldReader fields, JsonPropertyInfo property, object? based)
    {
        var name = property.Name;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (!IsOption(type) || fields.IsKnown(name) || fields.Raw(name) is not { } json)
            return based;
        if (json.ValueKind == JsonValueKind.Null && type != property.PropertyType)
            return null;
        if (type == typeof(int))
            return fields.Whole(name, (int)(based ?? 0), NumberRange.Of(property.AttributeProvider!));
        if (type == typeof(double))
            return fields.Number(name, (double)(based ?? 0.0), NumberRange.Of(property.AttributeProvider!));
        if (type == typeof(bool))
            return fields.Flag(name, (bool)based!);
        if (type.IsEnum)
            return fields.OneOf(name, based!, Choices(type));
        var words = property.AttributeProvider!.GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: false);
        return words is [AllowedValuesAttribute allowed]
            ? fields.OneOf(name, (string)based!, [.. allowed.Values.Cast<string>()])
            : fields.Text(name, (string)based!, "a text");
    }

    private static bool IsOption(Type type) =>
        type.IsEnum || type == typeof(int) || type == typeof(double) || type == typeof(bool) || type == typeof(string);

    private static Dictionary<string, object> Choices(Type choice) => Enum.GetValues(choice).Cast<object>()
        .ToDictionary(value => JsonSerializer.SerializeToElement(value, choice, RecipeJson.Options).GetString()!);
}
