using System.CommandLine;
using System.Globalization;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar compare</c>: how two evaluations of the same items differ.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var a = new Argument<string>("a") { Description = "An evaluation's id, evl_…" };
        var b = new Argument<string>("b") { Description = "The other's. Differences are b minus a." };
        return ServiceCommand.Create(
            "compare", "Compare two evaluations of the same items.", [a, b],
            async (arguments, session, cancellationToken) =>
            {
                var found = await session.Client.CompareEvaluationsAsync(
                    arguments.GetRequiredValue(a), arguments.GetRequiredValue(b), cancellationToken: cancellationToken);
                session.Show(found, () => Draw(found));
            });
    }

    internal static Table Draw(Comparison comparison)
    {
        var sides = $"a: {Name(comparison.A)}, b: {Name(comparison.B)}";
        var caption = Markup.Escape($"{comparison.Paired} items of {comparison.Benchmark}; {sides}");
        var table = new Table { Border = TableBorder.Rounded, Caption = new(caption) };
        foreach (var column in new[] { "measure", "a", "b", "b − a", "95 % interval", "p", "won", "lost", "tied" })
            table.AddColumn(column);
        foreach (var (name, contrast) in comparison.Measures)
            table.AddRow(
                new Text(name), Number(contrast.A.Mean), Number(contrast.B.Mean), Number(contrast.Difference),
                new Text($"{Show(contrast.Low)} to {Show(contrast.High)}"), Number(contrast.PValue),
                new Text($"{contrast.Wins}"), new Text($"{contrast.Losses}"), new Text($"{contrast.Ties}"));
        return table;
    }

    private static string Name(ComparedEvaluation evaluation) => evaluation.Name ?? evaluation.Id;

    private static Text Number(double? number) => new(Show(number));

    private static string Show(double? number) => number?.ToString("0.000", CultureInfo.InvariantCulture) ?? "";
}
