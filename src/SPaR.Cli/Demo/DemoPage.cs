using System.Globalization;
using SPaR.Cli.Trees;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Demo;

/// <summary>The page that the demo shows at its end.</summary>
internal static class DemoPage
{
    public static IRenderable Draw(DemoOutcome outcome, Uri service, bool running)
    {
        List<IRenderable> parts =
        [
            .. RoundTable.Draw(outcome.Report.Rounds), Table(outcome.Report), .. AblationTable.Draw(outcome.Report.Ablation),
            .. Tree(outcome.Tree), .. Curves(outcome.Curves), .. Next(outcome, service, running),
        ];
        return new Rows(parts);
    }

    private static Table Table(DemoReport report)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("").AddColumn(new TableColumn("").RightAligned());
        table.AddRow("instructions", Number(report.Inputs));
        foreach (var (state, count) in report.States.Where(state => state.Value > 0))
            table.AddRow($"  {Markup.Escape(state)}", Number(count));
        table.AddEmptyRow();
        table.AddRow("pairs", Number(report.Pairs));
        table.AddRow("mean similarity of chosen and rejected", RoundTable.Share(report.Similarity.Mean));
        table.AddRow("chosen answers that satisfy every constraint", RoundTable.Share(report.Verified.Chosen));
        table.AddRow("rejected answers that satisfy every constraint", RoundTable.Share(report.Verified.Rejected));
        table.AddEmptyRow();
        table.AddRow("prompt tokens computed", Number(report.Tokens.PrefillComputed));
        table.AddRow("prompt tokens from shared prefixes", Number(report.Tokens.PrefillForked));
        table.AddRow("tokens generated", Number(report.Tokens.Generated));
        table.AddRow("seconds", report.Seconds.ToString("0.0", CultureInfo.InvariantCulture));
        return table;
    }

    private static IEnumerable<IRenderable> Tree(SPaR.Client.Tree? tree)
    {
        if (tree is null)
            yield break;
        yield return new Markup(
            "\nOne tree of the first round: share of yes votes, the votes, and the words that each refinement [red]-removed[/] "
            + "and [green]+added[/].\n");
        yield return new Markup($"[bold]{Markup.Escape(tree.Messages[^1].Content)}[/]\n");
        yield return TreeDrawing.Draw(tree);
    }

    private static IEnumerable<IRenderable> Curves(IReadOnlyList<string> paths) => paths.Count == 0
        ? []
        : [new Text("\nTraining plots:"), .. paths.Select(path => new Text($"  {path}"))];

    private static IEnumerable<IRenderable> Next(DemoOutcome outcome, Uri service, bool running)
    {
        var run = outcome.Run.Id;
        yield return new Text(running
            ? "\nThe service keeps running; Ctrl-C stops it. Where to look next:"
            : "\nEverything is stored. Where to look next, after ./spar up:");
        yield return Address(service, "login", "log in first, in a browser, with the key in .spar/key");
        yield return Address(service, "swagger", "the API");
        yield return Address(service, $"v1/runs/{run}/preferences", "the pairs, ready to train on");
        yield return Address(service, $"v1/runs/{run}", "the rounds, with models, trainings and evaluations");
        yield return Address(service, Trees(run), "the trees");
        if (outcome.Tree is { } tree)
            yield return Address(service, Trees(run, $"/{tree.InstructionId}"), "this tree, with every critique");
    }

    private static string Trees(string run, string one = "") =>
        string.Create(CultureInfo.InvariantCulture, $"v1/runs/{run}/trees{one}?round={DemoJob.TreeRound}");

    private static Text Address(Uri service, string path, string what) => new($"  {new Uri(service, path)}  {what}");

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
