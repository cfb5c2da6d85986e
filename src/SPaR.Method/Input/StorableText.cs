using System.Globalization;
using System.Text.Json;

namespace SPaR.Method.Input;

/// <summary>Whether JSON can be stored: PostgreSQL rejects U+0000 and numbers of great size, and half a surrogate pair is not Unicode.
/// </summary>
internal static class StorableText
{
    private const int LongestNumber = 400;

    public static bool Is(JsonElement json) => FaultsIn(json, new("", "")).Count == 0;

    /// <returns>An error for every text, property name and number that cannot be stored, by its path.</returns>
    public static IReadOnlyList<FieldError> FaultsIn(JsonElement json, Place place)
    {
        List<FieldError>? faults = null;
        Find(json, place, ref faults);
        return faults ?? [];
    }

    private static void Find(JsonElement json, Place place, ref List<FieldError>? faults)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    var (name, fault) = Read(() => property.Name);
                    if (fault is not null)
                        (faults ??= []).Add(new(place.Name, $"has a property whose name {fault}"));
                    Find(property.Value, Place.Field(place.Of(name)), ref faults);
                }

                break;
            case JsonValueKind.Array:
                foreach (var (index, element) in json.EnumerateArray().Index())
                    Find(element, Place.Field($"{place.Name}[{index}]"), ref faults);
                break;
            case JsonValueKind.String when Read(() => json.GetString()!).Fault is { } fault:
                (faults ??= []).Add(new(place.Name, fault));
                break;
            case JsonValueKind.Number when !IsStorable(json.GetRawText()):
                (faults ??= []).Add(new(place.Name, "is a number too large or too small to be stored; shorten it, or send a text."));
                break;
        }
    }

    private static (string Text, string? Fault) Read(Func<string> read)
    {
        try
        {
            var text = read();
            return text.Contains('\0')
                ? (text.Replace("\0", "\\u0000", StringComparison.Ordinal), "has the character U+0000, which cannot be stored; remove it.")
                : (text, null);
        }
        catch (InvalidOperationException)
        {
            return ("", "has half a surrogate pair, as text has that is cut inside an emoji; cut it between characters.");
        }
    }

    private static bool IsStorable(string number) =>
        number.Length <= LongestNumber && double.TryParse(number, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
        && (value != 0 || number.AsSpan(0, number.AsSpan().IndexOfAny('e', 'E') is var e and >= 0 ? e : number.Length)
            .IndexOfAnyInRange('1', '9') < 0);
}
