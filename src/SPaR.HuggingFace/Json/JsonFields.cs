using System.Text.Json;

namespace SPaR.HuggingFace.Json;

/// <summary>Reads the fields of a JSON object from someone else's file. A field of the wrong type is refused, by file and field; JSON's
/// null counts as left out. Does not know what the fields mean.</summary>
internal sealed class JsonFields
{
    private readonly JsonElement _object;
    private readonly string _place;

    private JsonFields(string file, string place, JsonElement element)
    {
        (File, _place, _object) = (file, place, element);
        if (element.ValueKind != JsonValueKind.Object)
            throw new ModelRejectedException("malformed",
                $"{file}: {(place.Length > 0 ? place : "the file")} is not a JSON object. {Again}");
    }

    private const string Again = "Download or save the model again.";

    public string File { get; }

    public JsonElement Object => _object;

    /// <param name="limit">The most bytes that the file may have.</param>
    /// <exception cref="ModelRejectedException"><c>not-found</c>, <c>not-a-regular-file</c> or <c>malformed</c>.</exception>
    public static JsonFields Read(string path, int limit)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path);
            if (stream.Length > limit)
                throw new ModelRejectedException("malformed", $"{path}: has {stream.Length} bytes; at most {limit} are allowed. {Again}");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return Parse(path, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRejectedException("not-found", $"{path}: cannot be read ({e.Message}). Check the path and its permissions.");
        }
    }

    /// <param name="path">For messages.</param>
    /// <exception cref="ModelRejectedException"><c>malformed</c>.</exception>
    public static JsonFields Parse(string path, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new JsonFields(path, "", document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new ModelRejectedException("malformed", $"{path}: is not valid JSON ({e.Message}). {Again}");
        }
    }

    public bool Has(string name) => Value(name) is not null;

    public JsonElement? Value(string name) =>
        _object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw Refused(name, "a string"),
    };

    public string RequiredText(string name) => Text(name) ?? throw Refused(name, "a string");

    public bool? Flag(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Refused(name, "true or false"),
    };

    /// <summary>A whole number from 0 to 2^31 − 1.</summary>
    public int? Whole(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var whole) && whole >= 0 => whole,
        _ => throw Refused(name, "a whole number from 0"),
    };

    /// <summary>A whole number from 1 to 2^31 − 1.</summary>
    public int? Count(string name) => Whole(name) is not 0 and var count ? count : throw Refused(name, "a whole number from 1");

    public int RequiredCount(string name) => Count(name) ?? throw Refused(name, "a whole number from 1");

    /// <summary>A finite number that a 32-bit real can hold.</summary>
    public float? Real(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetDouble(out var real) && float.IsFinite((float)real) => (float)real,
        _ => throw Refused(name, "a number"),
    };

    public JsonFields? Nested(string name) =>
        Value(name) is { } value ? new JsonFields(File, _place.Length > 0 ? $"{_place}.{name}" : name, value) : null;

    public IReadOnlyList<JsonElement>? List(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray()],
        _ => throw Refused(name, "a list"),
    };

    /// <summary>The objects of a list.</summary>
    public IEnumerable<JsonFields> Objects(string name) =>
        (List(name) ?? []).Select((element, i) => new JsonFields(File, $"{(_place.Length > 0 ? $"{_place}.{name}" : name)}[{i}]", element));

    /// <param name="rule">What the field must be.</param>
    public ModelRejectedException Refused(string name, string rule, string code = "malformed", string action = Again) =>
        new(code, $"{File}: '{(_place.Length > 0 ? $"{_place}." : "")}{name}' is {Shown(Value(name))}; it must be {rule}. {action}");

    private static string Shown(JsonElement? value) =>
        value is not { } element ? "missing" : element.GetRawText() is { Length: > 60 } text ? text[..60] + "…" : element.GetRawText();
}
