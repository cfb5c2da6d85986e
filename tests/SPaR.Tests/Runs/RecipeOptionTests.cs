using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Tests.Runs;

/// <summary>What readers, the OpenAPI document and users rely on: every numeric option has a range that its default keeps.</summary>
public sealed class RecipeOptionTests
{
    [Theory]
    [InlineData(typeof(Recipe))]
    [InlineData(typeof(SampleOptions))]
    [InlineData(typeof(JudgeOptions))]
    [InlineData(typeof(SearchOptions))]
    [InlineData(typeof(PairOptions))]
    [InlineData(typeof(PairFilterOptions))]
    [InlineData(typeof(RefinerExampleOptions))]
    [InlineData(typeof(ReasoningOptions))]
    [InlineData(typeof(RollbackOptions))]
    [InlineData(typeof(TrainingOptions))]
    [InlineData(typeof(LoraOptions))]
    public void Every_number_has_a_range_and_a_default_inside_it(Type options)
    {
        var defaults = Activator.CreateInstance(options)!;
        foreach (var property in options.GetProperties())
        {
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (type != typeof(int) && type != typeof(double))
                continue;
            property.GetCustomAttribute<RangeAttribute>().ShouldNotBeNull(property.Name).OperandType.ShouldBe(type, property.Name);
            if (property.GetValue(defaults) is { } value)
                NumberRange.Of(property).Holds(Convert.ToDouble(value, CultureInfo.InvariantCulture)).ShouldBeTrue(property.Name);
        }
    }
}
