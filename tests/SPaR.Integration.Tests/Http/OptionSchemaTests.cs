using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using SPaR.Method.Recipes;

namespace SPaR.Integration.Tests.Http;

/// <summary>Holds the OpenAPI document to the options of trainings: each is there with its description, default, range and words.</summary>
public sealed class OptionSchemaTests(SharedService shared) : IClassFixture<SharedService>
{
    [Theory]
    [InlineData(typeof(TrainingOptions), "TrainingOptions")]
    [InlineData(typeof(LoraOptions), "LoraOptions")]
    public async Task Every_option_is_described_with_its_default_and_its_range(Type options, string name)
    {
        var document = (await shared.Service.GetAsync("/swagger/v1/swagger.json")).ShouldBe(200).Json;
        var schemas = document["components"]!["schemas"]!.AsObject();
        var shown = schemas[name]!["properties"]!.AsObject();
        var type = RecipeJson.Options.GetTypeInfo(options);
        var defaults = type.CreateObject!();

        shown.Select(p => p.Key).Except(type.Properties.Select(p => p.Name)).ShouldBe(name == "LoraOptions" ? [] : ["seed"]);
        foreach (var property in type.Properties)
        {
            var schema = shown[property.Name].ShouldNotBeNull(property.Name).AsObject();
            // An object of its own is described where it is defined.
            if (schema["$ref"] is not null)
            {
                schemas["LoraOptions"]!["properties"].ShouldNotBeNull();
                continue;
            }

            (schema["description"]?.GetValue<string>()).ShouldNotBeNullOrWhiteSpace(property.Name);
            CheckDefault(schema, property, property.Get!(defaults));
            CheckRange(schema, property);
            CheckWords(schema, property);
        }
    }

    private static void CheckDefault(JsonObject schema, JsonPropertyInfo property, object? value)
    {
        if (value is null)
        {
            schema["nullable"]!.GetValue<bool>().ShouldBeTrue(property.Name);
            schema["default"].ShouldBeNull(property.Name);
            return;
        }

        schema["nullable"].ShouldBeNull(property.Name);
        JsonNode.DeepEquals(
            schema["default"].ShouldNotBeNull(property.Name),
            JsonSerializer.SerializeToNode(value, property.PropertyType, RecipeJson.Options))
            .ShouldBeTrue($"{property.Name}: {schema["default"]}");
    }

    private static void CheckRange(JsonObject schema, JsonPropertyInfo property)
    {
        if (Attribute<EachUpToAttribute>(property) is { } each)
        {
            var element = schema["items"]!;
            (element["minimum"]!.GetValue<double>(), element["exclusiveMinimum"]!.GetValue<bool>(), element["maximum"]!.GetValue<double>())
                .ShouldBe((0, true, each.Most), property.Name);
        }

        if (Attribute<RangeAttribute>(property) is not { } range)
            return;
        schema["minimum"]!.GetValue<double>().ShouldBe(Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture), property.Name);
        schema["maximum"]!.GetValue<double>().ShouldBe(Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture), property.Name);
        (schema["exclusiveMinimum"]?.GetValue<bool>() ?? false).ShouldBe(range.MinimumIsExclusive, property.Name);
        (schema["exclusiveMaximum"]?.GetValue<bool>() ?? false).ShouldBe(range.MaximumIsExclusive, property.Name);
    }

    private static void CheckWords(JsonObject schema, JsonPropertyInfo property)
    {
        var words = property.Name == "target_modules"
            ? LoraOptions.AllTargets
            : Attribute<AllowedValuesAttribute>(property)?.Values.Cast<string>();
        if (words is null)
            return;
        var shown = schema["oneOf"]?[0]!["enum"] ?? schema["items"]?["enum"] ?? schema["enum"];
        shown.ShouldNotBeNull(property.Name).AsArray().Select(w => w!.GetValue<string>()).ShouldBe(words, property.Name);
    }

    private static T? Attribute<T>(JsonPropertyInfo property)
        where T : Attribute => property.AttributeProvider!.GetCustomAttributes(typeof(T), inherit: false).OfType<T>().SingleOrDefault();
}
