using System.Collections.Frozen;
using System.Text.Json;

namespace SPaR.Method.Input;

/// <summary>The names of enum members in columns and JSON: <c>TooLong</c> is <c>too-long</c>.</summary>
public static class EnumName
{
    public static string Of<T>(T value)
        where T : struct, Enum => Names<T>.Of[value];

    /// <exception cref="FormatException">No member has that name.</exception>
    public static T Parse<T>(string name)
        where T : struct, Enum => TryParse<T>(name, out var value)
        ? value
        : throw new FormatException($"'{name}' is not one of {string.Join(", ", Names<T>.Parse.Keys)}.");

    public static bool TryParse<T>(string name, out T value)
        where T : struct, Enum => Names<T>.Parse.TryGetValue(name, out value);

    private static class Names<T>
        where T : struct, Enum
    {
        public static FrozenDictionary<T, string> Of { get; } = Enum.GetValues<T>().ToFrozenDictionary(
            value => value, value => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()));

        public static FrozenDictionary<string, T> Parse { get; } = Of.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);
    }
}
