using System.Globalization;
using SPaR.Cli.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Commands;

/// <summary>How far a run is, as a table or as a line.</summary>
internal static class RunTable
{
    private const int BarWidth = 40;

    public static IRenderable Draw(RunView run, TimeSpan elapsed)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new($"{run.Id} [grey]{run.Status}[/]") };
        table.AddColumn("state").AddColumn(new TableColumn("inputs").RightAligned()).AddColumn("");
        foreach (var (state, count) in Reached(run))
            table.AddRow(new Text(state), new Text(Number(count)), Bar(state, count, run.Progress.Total));
        table.Caption = new(Markup.Escape(Summary(run, elapsed)));
        return table;
    }

    public static string Line(RunView run, TimeSpan elapsed)
    {
        var states = string.Join(", ", Reached(run).Select(state => $"{Number(state.Value)} {state.Key}"));
        return $"{run.Status}: {states}; {Summary(run, elapsed)}";
    }

    private static IEnumerable<KeyValuePair<string, int>> Reached(RunView run) => run.Progress.States.Where(state => state.Value > 0);

    private static Markup Bar(string state, int count, int total)
    {
        var length = total == 0 ? 0 : (int)Math.Ceiling((double)BarWidth * count / total);
        var colour = state switch
        {
            "paired" => "green",
            "pending" => "grey",
            _ => "yellow",
        };
        return new($"[{colour}]{new string('█', length)}[/]");
    }

    private static string Summary(RunView run, TimeSpan elapsed)
    {
        var similarity = run.Pairs.MeanSimilarity is { } mean
            ? string.Create(CultureInfo.InvariantCulture, $", similarity {mean:0.000}")
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{run.Pairs.Count:N0} pairs{similarity}, {run.Tokens.Generated:N0} tokens generated, {elapsed.TotalSeconds:0} s");
    }

    private static string Number(int count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
