using System.Text.Json;
using System.Text.Unicode;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>One row of a file: a JSON value with valid text, or the errors that it has.</summary>
/// <param name="Place">What the user calls it: <c>line 3</c>, <c>[2]</c>, <c>row 7</c>.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record FileRow(Place Place, JsonElement Json, int Bytes, IReadOnlyList<FieldError> Errors)
{
    /// <summary>The most bytes in one row; longer ones are errors, and are never held in memory.</summary>
    public const int Limit = 1 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static FileRow TooLong(Place place) => Wrong(place, $"is longer than {Limit} bytes; shorten it.");

    public static FileRow Wrong(Place place, string message) => new(place, default, 0, [new(place.Name, message)]);

    public static FileRow Of(Place place, ReadOnlySpan<byte> json)
    {
        if (json.Length > Limit)
            return TooLong(place);
        if (!Utf8.IsValid(json))
            return Wrong(place, Utf8Check.Fault(json));
        try
        {
            var value = JsonElement.Parse(json, Strict);
            return new(place, value, json.Length, StorableText.FaultsIn(value, place));
        }
        catch (JsonException e)
        {
            return Wrong(place, $"is not valid JSON at byte {e.BytePositionInLine + 1}: {Reason(e)}");
        }
        // The search for properties that are given twice unescapes their names.
        catch (InvalidOperationException)
        {
            return Wrong(place, "has a property whose name has half a surrogate pair; cut it between characters.");
        }
    }

    private static string Reason(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }
}
