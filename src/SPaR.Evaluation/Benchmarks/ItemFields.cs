using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Reads the fields of one item that a user brings, and notes every fault with its place. Knows JSON; does not know what a
/// benchmark means by it.</summary>
internal sealed class ItemFields
{
    private const int LongestQuote = 40;

    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly HashSet<string> _known = [];
    private readonly Func<string, string> _at;
    private readonly List<FieldError> _errors;
    private readonly int _before;
    private readonly string _name;

    public ItemFields(JsonElement json, Place place, List<FieldError> errors)
        : this(json, place.Name, place.Of, errors)
    {
    }

    private ItemFields(JsonElement json, string name, Func<string, string> at, List<FieldError> errors)
    {
        (_name, _at, _errors, _before) = (name, at, errors, errors.Count);
        if (json.ValueKind != JsonValueKind.Object)
            errors.Add(new(name, $"It must be an object, not {Quote(json)}."));
        else if (!StorableText.Is(json))
            errors.Add(new(name, "It holds the character U+0000 or text that is not Unicode; remove it."));
        else
            foreach (var property in json.EnumerateObject())
                _fields[property.Name] = property.Value;
    }

    /// <summary>Nothing was wrong with it so far.</summary>
    public bool Good => _errors.Count == _before;

    public bool Has(string field)
    {
        _known.Add(field);
        return _fields.TryGetValue(field, out var value) && value.ValueKind != JsonValueKind.Null;
    }

    public void Fault(string field, string message) => _errors.Add(new(_at(field), message));

    /// <summary>What tells the item from others: <c>key</c>, a text or a whole number, or its place where it has none.</summary>
    public string Key()
    {
        if (!Has("key"))
            return _name;
        var key = _fields["key"];
        if (key.ValueKind == JsonValueKind.Number && key.TryGetInt64(out var number))
            return $"{number}";
        return Text("key", "a text or a whole number that no other item has");
    }

    /// <summary>A text that must be there and not blank.</summary>
    /// <param name="wanted">What to give, for the errors: "the question that is asked".</param>
    public string Text(string field, string wanted)
    {
        if (!Has(field))
            Missing(field, wanted);
        else if (_fields[field] is not { ValueKind: JsonValueKind.String } value)
            Wrong(field, wanted);
        else if (string.IsNullOrWhiteSpace(value.GetString()))
            Fault(field, $"is empty; give {wanted}.");
        else
            return value.GetString()!;
        return "";
    }

    public string? OptionalText(string field, string wanted) => Has(field) ? Text(field, wanted) : null;

    /// <summary>One of some words, or null where the field is missing.</summary>
    public string? OneOf(string field, params IReadOnlyList<string> words)
    {
        if (!Has(field))
            return null;
        if (_fields[field] is { ValueKind: JsonValueKind.String } value && words.Contains(value.GetString()))
            return value.GetString();
        Wrong(field, $"one of {string.Join(", ", words)}");
        return null;
    }

    public int Whole(string field, int least, int most)
    {
        var wanted = $"a whole number from {least} to {most}";
        if (!Has(field))
            Missing(field, wanted);
        else if (_fields[field] is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number)
            && number >= least && number <= most)
            return number;
        else
            Wrong(field, wanted);
        return least;
    }

    /// <summary>A list of texts of which none is blank.</summary>
    public ImmutableArray<string> Texts(string field, int least, int most, string wanted)
    {
        wanted = $"a list of {least} to {most} {wanted}";
        if (!Has(field))
            Missing(field, wanted);
        else if (_fields[field] is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() >= least
            && list.GetArrayLength() <= most
            && list.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(t.GetString())))
            return [.. list.EnumerateArray().Select(t => t.GetString()!)];
        else
            Wrong(field, wanted);
        return [];
    }

    /// <summary>A list of objects, each read on its own; empty where the field is missing.</summary>
    public ImmutableArray<T> Objects<T>(string field, string wanted, Func<ItemFields, T> read)
    {
        if (!Has(field))
            return [];
        if (_fields[field] is { ValueKind: JsonValueKind.Array } list)
            return [.. list.EnumerateArray().Select((json, i) => read(Nested(json, $"{field}[{i}]")))];
        Wrong(field, wanted);
        return [];
    }

    /// <summary>The value as it stands; it must be there.</summary>
    public JsonElement? Raw(string field, string wanted)
    {
        if (Has(field))
            return _fields[field];
        Missing(field, wanted);
        return null;
    }

    /// <summary>Call when all fields were read: what is left over is unknown.</summary>
    public void RefuseOthers()
    {
        foreach (var field in _fields.Keys.Where(f => !_known.Contains(f)))
            Fault(field, $"is unknown; remove it. Known here: {string.Join(", ", _known)}.");
    }

    public void Wrong(string field, string wanted) => Fault(field, $"must be {wanted}, not {Quote(_fields[field])}.");

    private void Missing(string field, string wanted) => Fault(field, $"is missing; give {wanted}.");

    private ItemFields Nested(JsonElement json, string field)
    {
        var inner = _at(field);
        return new(json, inner, f => $"{inner}.{f}", _errors);
    }

    private static string Quote(JsonElement json) =>
        json.GetRawText() is { Length: > LongestQuote } text ? $"{text[..LongestQuote]}…" : json.GetRawText();
}
