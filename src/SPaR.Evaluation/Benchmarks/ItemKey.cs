using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>What tells a benchmark's item from the others.</summary>
internal static class ItemKey
{
    /// <summary>The field <c>key</c>, a text or a whole number; the item's place in the upload if it has none.</summary>
    public static string Key(this FieldReader item) => item.Value("key") switch
    {
        null => item.Place.Name,
        { ValueKind: JsonValueKind.Number } key when key.TryGetInt64(out var number) => $"{number}",
        _ => item.RequiredText("key", "a text or a whole number that no other item has"),
    };
}
