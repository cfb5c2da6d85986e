using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>Brings a row's columns to the names and types of the formats, and sorts out those that no format has. Notes which columns
/// there were.</summary>
internal sealed class ColumnNames(UploadOptions options)
{
    private const int MostNoted = 200, LongestName = 100;

    private readonly HashSet<string> _missing = [.. options.Map.Select(column => column.Source)];
    private readonly List<string> _used = [], _unknown = [];

    public UploadedColumns Noted => new(
        _used, options.Unknown is UnknownColumns.Ignore ? _unknown : [], options.Unknown is UnknownColumns.Metadata ? _unknown : []);

    /// <summary>Mapped columns that no row has had.</summary>
    public IReadOnlyCollection<string> NeverFound => _missing;

    /// <param name="types">Of the formats' columns; null if the file's cells have types of their own.</param>
    public JsonElement Rename(JsonElement row, ILookup<string, ColumnType>? types)
    {
        if (options.Map.Count == 0 && types is null)
            return row;
        var named = new Dictionary<string, JsonElement>();
        var moved = new HashSet<string>();
        foreach (var column in options.Map)
        {
            if (Find(row, column.Path) is not { } value)
                continue;
            _missing.Remove(column.Source);
            named[column.Name] = value;
            moved.Add(column.Path[0]);
        }

        foreach (var property in row.EnumerateObject().Where(property => !moved.Contains(property.Name)))
            named.TryAdd(property.Name, property.Value);
        return Write(named.Select(column => (column.Key, types is null ? column.Value : Typed(column.Value, types[column.Key]))));
    }

    /// <returns>The columns of the format, and the others if they are kept.</returns>
    public (JsonElement Known, JsonObject? Kept) Sort(
        JsonElement row, IReadOnlyList<Column> columns, Place place, List<FieldError> errors)
    {
        var (known, unknown) = (new List<JsonProperty>(), new List<JsonProperty>());
        foreach (var property in row.EnumerateObject())
        {
            var isKnown = columns.Any(column => column.Name == property.Name);
            (isKnown ? known : unknown).Add(property);
            Note(isKnown ? _used : _unknown, property.Name);
        }

        if (unknown.Count == 0)
            return (row, null);
        if (options.Unknown is UnknownColumns.Refuse)
            errors.AddRange(unknown.Take(UploadOptions.MaxErrors).Select(property => new FieldError(
                place.Of(property.Name),
                $"is unknown. Known here: {string.Join(", ", columns.Select(column => column.Name))}. Rename it with map, or say with "
                + "unknown what to do with it.")));
        var kept = options.Unknown is UnknownColumns.Metadata
            ? new JsonObject(unknown.Select(p => KeyValuePair.Create(p.Name, JsonSerializer.SerializeToNode(p.Value))))
            : null;
        return (Write(known.Select(property => (property.Name, property.Value))), kept);
    }

    private static void Note(List<string> names, string name)
    {
        name = Short(name);
        if (names.Count < MostNoted && !names.Contains(name))
            names.Add(name);
    }

    public static string Short(string name) => name.Length > LongestName ? $"{name[..LongestName]}…" : name;

    private static JsonElement? Find(JsonElement row, IReadOnlyList<string> path)
    {
        var value = row;
        foreach (var name in path)
            if (value.ValueKind is not JsonValueKind.Object || !value.TryGetProperty(name, out value))
                return null;
        return value;
    }

    /// <summary>A cell that is text as the value that its column wants.</summary>
    private static JsonElement Typed(JsonElement cell, IEnumerable<ColumnType> types)
    {
        var text = cell.ValueKind is JsonValueKind.String ? cell.GetString()! : "";
        var type = types.Append(ColumnType.Text).First();
        if (text.Length == 0)
            // An answer may be empty; anywhere else an empty cell is one that was left out.
            return type is ColumnType.TextOrMessages ? cell : default;
        if (type is ColumnType.Text || Parse(text) is not { } json)
            return cell;
        return type is ColumnType.Json || json.ValueKind is JsonValueKind.Object
            || (json.ValueKind is JsonValueKind.Array && json.GetArrayLength() > 0 && json[0].ValueKind is JsonValueKind.Object)
            ? json
            : cell;
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement Write(IEnumerable<(string Name, JsonElement Value)> columns)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in columns.Where(column => column.Value.ValueKind is not JsonValueKind.Undefined))
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(json.ToArray());
    }
}
