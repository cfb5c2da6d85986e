using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>What the reading of an uploaded item has in common for benchmarks whose fields are their own.</summary>
internal static class ItemReader
{
    /// <param name="items">Makes the items of an object from its key and its other fields; used only if nothing is wrong with them.</param>
    /// <returns>None when there are errors.</returns>
    public static IReadOnlyList<BenchmarkItem> Read(
        JsonElement json, Place place, List<FieldError> errors, Func<string, FieldReader, IReadOnlyList<BenchmarkItem>> items)
    {
        var fields = new FieldReader(json, place, errors);
        if (!fields.IsValid)
            return [];
        var read = items(Key(fields), fields);
        fields.RefuseUnknown();
        return fields.IsValid ? read : [];
    }

    /// <summary>What tells the item from others: the field <c>key</c>, a text or a whole number; its place in the upload if it has none.
    /// </summary>
    private static string Key(FieldReader item) => item.Value("key") switch
    {
        null => item.Place.Name,
        { ValueKind: JsonValueKind.Number } key when key.TryGetInt64(out var number) => $"{number}",
        _ => item.RequiredText("key", "a text or a whole number that no other item has"),
    };
}
