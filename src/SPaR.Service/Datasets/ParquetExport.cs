using System.Text.Json;
using Parquet.Schema;
using Parquet.Serialization;
using SPaR.Service.Http;

namespace SPaR.Service.Datasets;

/// <summary>Writes rows as Parquet, one row group at a time. Knows columns and JSON, not what they mean.</summary>
internal static class ParquetExport
{
    private const int GroupRows = 2000, GroupBytes = 8 << 20;

    /// <param name="file">Can be read and searched too.</param>
    public static async Task WriteAsync(Stream file, ParquetSchema columns, IAsyncEnumerable<object> rows)
    {
        var (group, bytes, isFirst) = (new List<IDictionary<string, object?>>(), 0, true);
        await foreach (var row in rows)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(row, row.GetType(), ApiJson.Options);
            bytes += json.Length;
            group.Add(Struct(JsonElement.Parse(json), columns.Fields));
            if (group.Count == GroupRows || bytes >= GroupBytes)
                await FlushAsync();
        }

        if (isFirst || group.Count > 0)
            await FlushAsync();

        async Task FlushAsync()
        {
            await ParquetSerializer.SerializeUntypedAsync(group!, columns, file, new() { Append = !isFirst });
            (bytes, isFirst) = (0, false);
            group.Clear();
        }
    }

    private static Dictionary<string, object?> Struct(JsonElement json, IReadOnlyList<Field> fields) =>
        fields.ToDictionary(field => field.Name, field => json.TryGetProperty(field.Name, out var value) ? Value(value, field) : null);

    private static object? Value(JsonElement json, Field field) => (json.ValueKind, field) switch
    {
        (JsonValueKind.Null, _) => null,
        (_, ListField { Item: StructField fields }) =>
            json.EnumerateArray().Select(element => (IDictionary<string, object?>)Struct(element, fields.Fields)).ToList(),
        (_, ListField) => json.EnumerateArray().Select(element => (ReadOnlyMemory<char>?)element.GetString().AsMemory()).ToList(),
        (_, StructField fields) => Struct(json, fields.Fields),
        (JsonValueKind.True or JsonValueKind.False, _) => json.GetBoolean(),
        (JsonValueKind.Number, _) => json.GetInt32(),
        (JsonValueKind.String, _) => json.GetString(),
        // What has no columns of its own is JSON as text.
        _ => json.GetRawText(),
    };
}

/// <summary>The columns of each format.</summary>
internal static class DatasetColumns
{
    public static ParquetSchema Of(DatasetKind kind, PreferenceFormat format) => new((kind, format) switch
    {
        (DatasetKind.Preferences, PreferenceFormat.Trl) => [Messages("prompt"), Messages("chosen"), Messages("rejected")],
        (DatasetKind.Preferences, PreferenceFormat.TrlStandard) => [Text("prompt"), Text("chosen"), Text("rejected")],
        (DatasetKind.Preferences, PreferenceFormat.Llamafactory) => [Messages("messages"), Message("chosen"), Message("rejected")],
        (DatasetKind.Preferences, PreferenceFormat.Openai) =>
        [
            new StructField(
                "input", Messages("messages"), new ListField("tools", Text("element")), new DataField<bool>("parallel_tool_calls")),
            Messages("preferred_output"), Messages("non_preferred_output"),
        ],
        (DatasetKind.Preferences, _) =>
            [Messages("messages"), Text("chosen"), Text("rejected"), Text("metadata"), Text("pair"), Text("facts")],
        (_, PreferenceFormat.Openai) => [Weighted("messages")],
        (_, PreferenceFormat.Spar) => [Weighted("messages"), Text("metadata")],
        _ => new Field[] { Messages("messages") },
    });

    private static DataField<string> Text(string name) => new(name);

    private static StructField Message(string name) => new(name, Text("role"), Text("content"));

    private static ListField Messages(string name) => new(name, Message("element"));

    private static ListField Weighted(string name) =>
        new(name, new StructField("element", Text("role"), Text("content"), new DataField<int?>("weight")));
}
