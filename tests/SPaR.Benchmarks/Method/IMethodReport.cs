using System.Globalization;
using System.Text.Json;
using SPaR.Evaluation.Statistics;
using Spectre.Console;

namespace SPaR.Benchmarks.Method;

/// <summary>The result of a benchmark of the method.</summary>
internal interface IMethodReport
{
    string ToJson();

    void Draw(IAnsiConsole console);
}

/// <summary>How reports are written.</summary>
internal static class MethodReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public static string ToJson<T>(T report) => JsonSerializer.Serialize(report, Json);

    /// <summary>Two lines: the mean, and the interval below it.</summary>
    public static string Text(Measure measure) =>
        string.Create(CultureInfo.InvariantCulture, $"{measure.Mean:0.000}\n{measure.Low:0.00}-{measure.High:0.00}");

    public static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    public static Table Table(string first, params string[] columns)
    {
        // Without vertical lines, so that it fits a terminal of 80 columns.
        var table = new Table().Border(TableBorder.Horizontal).AddColumn(new TableColumn(first).Padding(0, 0, 1, 0).NoWrap());
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column).RightAligned().Padding(0, 0, 1, 0).NoWrap());
        return table;
    }
}
