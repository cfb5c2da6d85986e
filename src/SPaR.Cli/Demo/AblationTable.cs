using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Demo;

/// <summary>The results of the ablation, with a block of rows per seed.</summary>
internal static class AblationTable
{
    public static IEnumerable<IRenderable> Draw(IReadOnlyList<AblationReport>? reports)
    {
        if (reports is null)
            yield break;
        yield return new Text("\nOne training from the starting model per source of pairs, on the same instructions:");
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("source");
        foreach (var heading in new[] { "seed", "pairs", "actor at T 1", "actor greedy" })
            table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        foreach (var report in reports)
            table.AddRow(
                Markup.Escape(report.Source), Number(report.Seed), Number(report.Pairs), RoundTable.Share(report.ActorAccuracy),
                RoundTable.Share(report.ActorAccuracyGreedy));
        yield return table;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
