using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace SPaR.Method.Input;

/// <summary>What a number may be.</summary>
/// <param name="AboveLeast">Whether <paramref name="Least"/> itself is excluded.</param>
/// <param name="BelowMost">Whether <paramref name="Most"/> itself is excluded.</param>
internal readonly record struct NumberRange(double Least, double Most, bool AboveLeast = false, bool BelowMost = false)
{
    /// <summary>Completes "must be …" for a whole number.</summary>
    public string Whole => string.Create(CultureInfo.InvariantCulture, $"a whole number from {Least} to {Most}");

    /// <summary>Completes "must be …" for any number.</summary>
    public string Number => (AboveLeast, BelowMost) switch
    {
        (true, _) => string.Create(CultureInfo.InvariantCulture, $"a number above {Least}, at most {Most}"),
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"a number from {Least} to below {Most}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"a number from {Least} to {Most}"),
    };

    public static NumberRange Of<T>(string property) => Of(typeof(T).GetProperty(property)!);

    /// <summary>What its <see cref="RangeAttribute"/> says.</summary>
    public static NumberRange Of(ICustomAttributeProvider property)
    {
        var range = property.GetCustomAttributes(typeof(RangeAttribute), inherit: false).Cast<RangeAttribute>().Single();
        return new(
            Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture), Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture),
            range.MinimumIsExclusive, range.MaximumIsExclusive);
    }

    public bool Holds(double value) =>
        (AboveLeast ? value > Least : value >= Least) && (BelowMost ? value < Most : value <= Most);
}
