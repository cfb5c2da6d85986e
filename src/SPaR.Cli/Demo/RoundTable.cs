using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Demo;

/// <summary>The rounds compared: a table of measures, and a plot of the actor's accuracy.</summary>
internal static class RoundTable
{
    public static IEnumerable<IRenderable> Draw(IReadOnlyList<RoundReport> rounds)
    {
        if (rounds.Count == 0)
            yield break;
        yield return Table(rounds);
        yield return new Text("round 0 is the starting model; below each accuracy is its 95 % interval\n");
        foreach (var round in rounds.Where(round => round.RolledBack))
            yield return new Text($"round {round.Round} was rolled back: its models measured worse than those before it\n");
        yield return AccuracyPlot.Draw(rounds);
        yield return new Text("");
    }

    /// <summary>A share with three digits, or a dash.</summary>
    public static string Share(double? share) => share?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";

    /// <summary>Two lines: the mean and its interval.</summary>
    public static string Share(Interval? share) => share is null
        ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{share.Mean:0.000}\n{share.Low:0.00}-{share.High:0.00}");

    private static Table Table(IReadOnlyList<RoundReport> rounds)
    {
        // Without vertical lines, so that it fits a terminal of 80 columns.
        var table = new Table { Border = TableBorder.Horizontal };
        string[] headings =
        [
            "round", "actor\nat T 1", "actor\ngreedy", "judge\nright", "\nF1", "one\nref.", "\nsearch", "\npairs", "simi-\nlar",
            "\nsecs",
        ];
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(new Text(heading)).RightAligned().Padding(0, 0, 1, 0).NoWrap());
        foreach (var round in rounds)
        {
            string[] cells =
            [
                round.Round.ToString(CultureInfo.InvariantCulture), Share(round.ActorAccuracy), Share(round.ActorAccuracyGreedy),
                Share(round.Judge?.Accuracy), Share(round.Judge?.F1), Share(round.SingleRefinementSuccess), Share(round.SearchSuccess),
                round.Pairs?.ToString("N0", CultureInfo.InvariantCulture) ?? "-", Share(round.Similarity),
                round.Seconds?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-",
            ];
            table.AddRow([.. cells.Select(cell => new Text(cell) { Justification = Justify.Right })]);
        }

        return table;
    }
}
