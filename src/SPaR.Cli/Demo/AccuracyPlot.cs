using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Demo;

/// <summary>Plots the actor's accuracy by round as bars from 0 to 1 with their intervals.</summary>
internal static class AccuracyPlot
{
    private const int Width = 50;

    public static IRenderable Draw(IReadOnlyList<RoundReport> rounds)
    {
        List<IRenderable> lines = [new Text("accuracy of the actor on held-out instructions, 0 to 1; ▒ its 95 % interval")];
        lines.AddRange(rounds.Select(round => Bar($"round {round.Round}, T 1", round.ActorAccuracy, "green")));
        lines.AddRange(rounds.Select(round => Bar($"round {round.Round}, greedy", round.ActorAccuracyGreedy, "blue")));
        return new Rows(lines);
    }

    private static Markup Bar(string label, Interval? share, string colour)
    {
        var mean = share?.Mean.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";
        var (certain, possible) = share is null ? (0, 0) : (Cells(share.Low), Cells(share.High));
        var bar = new string('█', certain) + new string('▒', possible - certain) + new string(' ', Width - possible);
        return new($"  {label,-16} [{colour}]{bar}[/] {mean}");
    }

    private static int Cells(double share) => (int)Math.Round(Width * Math.Clamp(share, 0, 1), MidpointRounding.AwayFromZero);
}
