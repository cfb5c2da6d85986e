using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary>Draws the service's answers as plain tables.</summary>
internal static class JsonTable
{
    private const string Iso = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    /// <param name="columns">Paths of fields, such as <c>pairs.count</c>.</param>
    public static Table Of(IEnumerable<object> rows, IReadOnlyList<string> columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column.Split('.')[0].Replace('_', ' ')) { NoWrap = true, Padding = new(0, 0, 2, 0) });
        foreach (var row in rows.Select(Session.Fields))
            table.AddRow(columns.Select(column => new Text(Cell(At(row, column)))));
        return table;
    }

    /// <summary>One line per field.</summary>
    public static Table OfFields(object one)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("") { NoWrap = true, Padding = new(0, 0, 2, 0) }).AddColumn("");
        foreach (var (name, value) in Session.Fields(one))
            table.AddRow(new Text(name), new Text(Cell(value)));
        return table;
    }

    private static JsonNode? At(JsonNode? node, string path) =>
        path.Split('.').Aggregate(node, (at, name) => at is JsonObject fields ? fields[name] : null);

    private static string Cell(JsonNode? value) => value switch
    {
        null => "",
        JsonValue text when text.GetValueKind() is JsonValueKind.String => TimeOr(text.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    private static string TimeOr(string text) =>
        DateTimeOffset.TryParseExact(text, Iso, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : text;
}
