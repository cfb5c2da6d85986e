using System.Text;
using System.Text.Json.Nodes;

namespace SPaR.Service.Trainings;

/// <summary>Metrics as a table: a column for each name that any step has, in the order in which they first appear.</summary>
internal static class MetricsCsv
{
    public static string Of(IReadOnlyList<JsonNode> rows)
    {
        var names = rows.SelectMany(row => row.AsObject().Select(field => field.Key)).Distinct().ToList();
        var text = new StringBuilder();
        text.AppendJoin(',', names.Select(Quote)).Append('\n');
        foreach (var row in rows)
            text.AppendJoin(',', names.Select(name => Quote(row[name]?.ToString() ?? ""))).Append('\n');
        return text.ToString();
    }

    private static string Quote(string value) => value.AsSpan().IndexOfAny(",\"\r\n") < 0
        ? value
        : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
