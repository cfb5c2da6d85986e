using System.Globalization;
using SPaR.Cli.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Commands;

/// <summary>A run's progress as a table or a line: round and stage, instructions by state, and the step of a training.</summary>
internal static class RunTable
{
    private const int BarWidth = 40;

    /// <param name="training">The training that the run waits for, if any.</param>
    public static IRenderable Draw(RunView run, TrainingRunView? training, TimeSpan elapsed)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new($"{run.Id} [grey]{Markup.Escape(Position(run))}[/]") };
        table.AddColumn("state").AddColumn(new TableColumn("instructions").RightAligned()).AddColumn("");
        foreach (var (state, count) in NonEmpty(run))
            table.AddRow(new Text(state), new Text(Number(count)), Bar(state, count, run.Progress.Total));
        table.Caption = new(Markup.Escape(
            training is null ? Summary(run, elapsed) : $"{Summary(run, elapsed)}\n{TrainCommand.Line(training)}"));
        return table;
    }

    public static string Line(RunView run, TrainingRunView? training, TimeSpan elapsed)
    {
        if (training is not null)
            return $"{Position(run)}: {TrainCommand.Line(training)}";
        var states = string.Join(", ", NonEmpty(run).Select(state => $"{Number(state.Value)} {state.Key}"));
        return $"{Position(run)}: {states}; {Summary(run, elapsed)}";
    }

    private static string Position(RunView run) =>
        run is { Ended: false, Round: { } round, Stage: { } stage }
            ? $"{run.Status}, round {round} of {run.RoundCount}, {stage}"
            : run.Status;

    private static IEnumerable<KeyValuePair<string, int>> NonEmpty(RunView run) => run.Progress.States.Where(state => state.Value > 0);

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
        var verified = run.Verifier is { Chosen: { Count: > 0 } chosen, Rejected: var rejected }
            ? string.Create(CultureInfo.InvariantCulture,
                $", {chosen.All:N0} of {chosen.Count:N0} chosen and {rejected.All:N0} of {rejected.Count:N0} rejected ")
                + "follow all constraints"
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{run.Pairs.Count:N0} pairs{similarity}{verified}, {run.Tokens.Generated:N0} tokens generated, {elapsed.TotalSeconds:0} s");
    }

    private static string Number(int count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
