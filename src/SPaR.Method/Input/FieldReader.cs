using System.Collections.Immutable;
using System.Text.Json;

namespace SPaR.Method.Input;

/// <summary>Reads the fields of a JSON object and notes every error with its path. Does not know what the fields mean.</summary>
/// <remarks>A field that cannot be read gets a stand-in, so that one pass finds all errors: use the values only if <see cref="IsValid"/>.
/// Where <c>otherwise</c> is null, JSON's null counts as left out.</remarks>
internal sealed class FieldReader
{
    private const int LongestQuote = 40;

    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly HashSet<string> _known = [];
    private readonly List<FieldError> _errors;
    private readonly int _errorsBefore;

    /// <param name="json">Null is an object that was left out; it has no fields.</param>
    /// <param name="place">What the user calls the object.</param>
    public FieldReader(JsonElement? json, Place place, List<FieldError> errors)
        : this(json, place, errors, checkText: true)
    {
    }

    private FieldReader(JsonElement? json, Place place, List<FieldError> errors, bool checkText)
    {
        (Place, _errors, _errorsBefore) = (place, errors, errors.Count);
        if (json is not { } element)
            return;
        if (element.ValueKind != JsonValueKind.Object)
            errors.Add(new(place.Name, $"must be an object, not {Quote(element)}."));
        else if (checkText && !StorableText.Is(element))
            errors.Add(new(place.Name, "contains U+0000 or invalid Unicode; remove it."));
        else
            foreach (var property in element.EnumerateObject().Where(p => !_fields.TryAdd(p.Name, p.Value)))
                Fault(property.Name, "is given twice.");
    }

    public Place Place { get; }

    public int Count => _fields.Count;

    /// <summary>Whether no error was noted since this reader was created.</summary>
    public bool IsValid => _errors.Count == _errorsBefore;

    public void Fault(string name, string message) => _errors.Add(new(Place.Of(name), message));

    /// <param name="wanted">Completes "must be …".</param>
    public void Wrong(string name, string wanted) => Fault(name, $"must be {wanted}, not {Quote(_fields[name])}.");

    /// <summary>Names of other tools, and what to do instead; completes "is unknown here; …".</summary>
    public IReadOnlyDictionary<string, string> Elsewhere { get; set; } = new Dictionary<string, string>();

    /// <summary>Call this after all fields were read: the remaining ones are unknown.</summary>
    public void RefuseUnknown()
    {
        foreach (var name in _fields.Keys.Where(name => !_known.Contains(name)))
            Fault(name, Elsewhere.TryGetValue(name, out var advice)
                ? $"is unknown here; {advice}."
                : $"is unknown. Known here: {string.Join(", ", _known)}.");
    }

    /// <summary>The field as written, JSON's null included; null if it was left out.</summary>
    public JsonElement? Raw(string name)
    {
        _known.Add(name);
        return _fields.TryGetValue(name, out var value) ? value : null;
    }

    /// <summary>The field as written; null if it is null or was left out.</summary>
    public JsonElement? Value(string name) => Raw(name) is { ValueKind: not JsonValueKind.Null } value ? value : null;

    /// <summary>Whether the field was asked for before.</summary>
    public bool IsKnown(string name) => _known.Contains(name);

    public bool Has(string name) => Value(name) is not null;

    /// <param name="wanted">Completes "is missing; give …" and "must be …": <c>the question that is asked</c>.</param>
    public JsonElement? Required(string name, string wanted)
    {
        var value = Value(name);
        if (value is null)
            Fault(name, $"is missing; give {wanted}.");
        return value;
    }

    public int Whole(string name, int otherwise, NumberRange range) => Read<int>(
        name, otherwise, range.Whole,
        json => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var value) && range.Holds(value) ? value : null);

    public int? WholeOrNull(string name, int? otherwise, NumberRange range) => Raw(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.Null } => null,
        _ => Whole(name, (int)range.Least, range),
    };

    public int RequiredWhole(string name, NumberRange range) =>
        Required(name, range.Whole) is null ? (int)range.Least : Whole(name, (int)range.Least, range);

    public double Number(string name, double otherwise, NumberRange range) => Read<double>(
        name, otherwise, range.Number,
        json => json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var value) && range.Holds(value) ? value : null);

    public bool Flag(string name, bool otherwise) => Read<bool>(
        name, otherwise, "true or false", json => json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : null);

    public T OneOf<T>(string name, T otherwise, IReadOnlyDictionary<string, T> choices)
    {
        if (Raw(name) is not { } json || IsNull(json, otherwise))
            return otherwise;
        if (json.ValueKind == JsonValueKind.String && choices.TryGetValue(json.GetString()!, out var value))
            return value;
        Wrong(name, $"one of {string.Join(", ", choices.Keys)}");
        return otherwise;
    }

    public string? OneOf(string name, string? otherwise, params IReadOnlyList<string> words) =>
        OneOf(name, otherwise, words.ToDictionary(word => word, string? (word) => word));

    public string RequiredOneOf(string name, params IReadOnlyList<string> words) =>
        Required(name, $"one of {string.Join(", ", words)}") is null ? "" : OneOf(name, "", words)!;

    public string? Text(string name, string? otherwise, string wanted)
    {
        if (Raw(name) is not { } json || IsNull(json, otherwise))
            return otherwise;
        if (json.ValueKind == JsonValueKind.String)
            return json.GetString();
        Wrong(name, wanted);
        return otherwise;
    }

    /// <param name="mayBeBlank">Whether it may be empty or white space.</param>
    public string RequiredText(string name, string wanted, bool mayBeBlank = false)
    {
        if (Required(name, wanted) is not { } json)
            return "";
        if (json.ValueKind != JsonValueKind.String)
            Wrong(name, wanted);
        else if (!mayBeBlank && string.IsNullOrWhiteSpace(json.GetString()))
            Fault(name, $"is empty; give {wanted}.");
        else
            return json.GetString()!;
        return "";
    }

    /// <summary>Null if it was left out; not blank if it was given.</summary>
    public string? OptionalText(string name, string wanted) => Has(name) ? RequiredText(name, wanted) : null;

    /// <summary>A list of texts; empty if it was left out.</summary>
    public ImmutableArray<string> Texts(string name, string wanted)
    {
        var texts = Elements(name, wanted);
        if (texts.All(text => text.ValueKind == JsonValueKind.String))
            return [.. texts.Select(text => text.GetString()!)];
        Wrong(name, wanted);
        return [];
    }

    /// <summary>A list of texts, none of them blank.</summary>
    public ImmutableArray<string> RequiredTexts(string name, int least, int most, string wanted)
    {
        wanted = $"a list of {least} to {most} {wanted}";
        if (Required(name, wanted) is not { } json)
            return [];
        if (json.ValueKind == JsonValueKind.Array && json.GetArrayLength() >= least && json.GetArrayLength() <= most
            && json.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(t.GetString())))
            return [.. json.EnumerateArray().Select(text => text.GetString()!)];
        Wrong(name, wanted);
        return [];
    }

    /// <summary>The elements of a list; empty if it was left out.</summary>
    public JsonElement[] Elements(string name, string wanted) => Raw(name) is null ? [] : RequiredElements(name, wanted) ?? [];

    /// <returns>Null, with an error, if it is missing or is not a list.</returns>
    public JsonElement[]? RequiredElements(string name, string wanted)
    {
        if (Required(name, wanted) is not { } json)
            return null;
        if (json.ValueKind == JsonValueKind.Array)
            return [.. json.EnumerateArray()];
        Wrong(name, wanted);
        return null;
    }

    /// <summary>A list of objects, each with a reader of its own; empty if it was left out. What is not an object is an error and is
    /// left out.</summary>
    public ImmutableArray<T> Objects<T>(string name, string wanted, Func<FieldReader, T> read) =>
        [.. Elements(name, wanted).Select((json, i) => Nested($"{name}[{i}]", json)).Where(fields => fields.IsValid).Select(read)];

    /// <summary>The object in a field; without fields if it was left out.</summary>
    public FieldReader Section(string name) => Nested(name, Raw(name));

    /// <param name="name">The path from here: <c>messages[2]</c>.</param>
    public FieldReader Nested(string name, JsonElement? json) => new(json, Place.Field(Place.Of(name)), _errors, checkText: false);

    public static string Quote(JsonElement json)
    {
        var text = json.GetRawText();
        // Not between the halves of a surrogate pair.
        return text.Length <= LongestQuote ? text
            : $"{text[..(char.IsHighSurrogate(text[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote)]}…";
    }

    private T Read<T>(string name, T otherwise, string wanted, Func<JsonElement, T?> parse)
        where T : struct
    {
        if (Raw(name) is not { } json)
            return otherwise;
        if (parse(json) is { } value)
            return value;
        Wrong(name, wanted);
        return otherwise;
    }

    private static bool IsNull<T>(JsonElement json, T otherwise) => json.ValueKind == JsonValueKind.Null && otherwise is null;
}
