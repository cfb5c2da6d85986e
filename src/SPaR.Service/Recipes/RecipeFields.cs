using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>Reads the fields of one JSON object and notes every fault with its path. Knows JSON; does not know what a recipe
/// means.</summary>
internal sealed class RecipeFields
{
    private const int LongestQuote = 40;

    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly HashSet<string> _known = [];
    private readonly string _path;
    private readonly List<FieldError> _errors;

    public RecipeFields(JsonElement? json, string path, List<FieldError> errors)
    {
        _path = path;
        _errors = errors;
        if (json is not { } element)
            return;
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new(path, $"must be an object, not {Quote(element)}."));
            return;
        }

        foreach (var property in element.EnumerateObject())
        {
            if (!_fields.TryAdd(property.Name, property.Value))
                Fault(property.Name, "is given twice.");
        }
    }

    public int Count => _fields.Count;

    public void Fault(string name, string message) => _errors.Add(new($"{_path}.{name}", message));

    /// <summary>The value of a field, whatever it is; null when it was not written.</summary>
    public JsonElement? Raw(string name)
    {
        _known.Add(name);
        return _fields.TryGetValue(name, out var value) ? value : null;
    }

    public RecipeFields Section(string name) => new(Raw(name), $"{_path}.{name}", _errors);

    public int Whole(string name, int otherwise, WholeRange range) => Read(
        name, otherwise, $"{range}",
        json => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var value) && range.Holds(value) ? value : null);

    public int? WholeOrNull(string name, int? otherwise, WholeRange range) => Raw(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.Null } => null,
        _ => Whole(name, range.Least, range),
    };

    public double Number(string name, double otherwise, NumberRange range) => Read(
        name, otherwise, $"{range}",
        json => json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var value) && range.Holds(value) ? value : null);

    public bool Flag(string name, bool otherwise) => Read<bool>(
        name, otherwise, "true or false", json => json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : null);

    public T OneOf<T>(string name, T otherwise, IReadOnlyDictionary<string, T> choices)
    {
        if (Raw(name) is not { } json)
            return otherwise;
        if (json.ValueKind == JsonValueKind.String && choices.TryGetValue(json.GetString()!, out var value))
            return value;
        Fault(name, $"must be one of {string.Join(", ", choices.Keys)}, not {Quote(json)}.");
        return otherwise;
    }

    /// <param name="wanted">As in "must be …".</param>
    public string? Text(string name, string? otherwise, string wanted, bool orNull = false)
    {
        if (Raw(name) is not { } json)
            return otherwise;
        if (json.ValueKind == JsonValueKind.String)
            return json.GetString();
        if (orNull && json.ValueKind == JsonValueKind.Null)
            return null;
        Fault(name, $"must be {wanted}, not {Quote(json)}.");
        return otherwise;
    }

    /// <summary>A list of objects, each read on its own; empty when it was not written.</summary>
    public ImmutableArray<T> Items<T>(string name, string wanted, Func<RecipeFields, T> read) =>
        [.. List(name, wanted).Select((item, i) => read(new(item, $"{_path}.{name}[{i}]", _errors)))];

    /// <summary>A list of texts and objects; empty when it was not written.</summary>
    public ImmutableArray<T> Either<T>(string name, string wanted, Func<string, T> ofText, Func<RecipeFields, T> ofObject)
        where T : class
    {
        var items = List(name, wanted).Select((item, i) => item.ValueKind switch
        {
            JsonValueKind.String => ofText(item.GetString()!),
            JsonValueKind.Object => ofObject(new(item, $"{_path}.{name}[{i}]", _errors)),
            _ => Refused<T>($"{name}[{i}]", item),
        });
        return [.. items.OfType<T>()];
    }

    /// <summary>A list of texts; empty when it was not written.</summary>
    public ImmutableArray<string> Texts(string name, string wanted)
    {
        var items = List(name, wanted);
        if (items.All(item => item.ValueKind == JsonValueKind.String))
            return [.. items.Select(item => item.GetString()!)];
        Fault(name, $"must be {wanted}, not {Quote(Raw(name)!.Value)}.");
        return [];
    }

    /// <summary>Call when all fields were read: what is left over is unknown.</summary>
    public void RefuseOthers()
    {
        foreach (var name in _fields.Keys.Where(name => !_known.Contains(name)))
            Fault(name, $"is unknown. Known here: {string.Join(", ", _known)}.");
    }

    public static string Quote(JsonElement json) =>
        json.GetRawText() is { Length: > LongestQuote } text ? $"{text[..LongestQuote]}…" : json.GetRawText();

    private T? Refused<T>(string name, JsonElement item)
        where T : class
    {
        Fault(name, $"must be a text or an object, not {Quote(item)}.");
        return null;
    }

    private JsonElement[] List(string name, string wanted)
    {
        if (Raw(name) is not { } json)
            return [];
        if (json.ValueKind == JsonValueKind.Array)
            return [.. json.EnumerateArray()];
        Fault(name, $"must be {wanted}, not {Quote(json)}.");
        return [];
    }

    private T Read<T>(string name, T otherwise, string wanted, Func<JsonElement, T?> parse)
        where T : struct
    {
        if (Raw(name) is not { } json)
            return otherwise;
        if (parse(json) is { } value)
            return value;
        Fault(name, $"must be {wanted}, not {Quote(json)}.");
        return otherwise;
    }
}
