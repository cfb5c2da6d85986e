using System.Globalization;
using SPaR.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Commands;

/// <summary>A run's progress as a table or a line: round and stage, what is done of the stage, how fast, and how long still.</summary>
internal static class RunTable
{
    private const int BarWidth = 40;

    /// <param name="training">The training that the run waits for, if any.</param>
    public static IRenderable Draw(Run run, TrainingRun? training, TimeSpan elapsed)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn(Unit(run)).AddColumn(new TableColumn("").RightAligned()).AddColumn("");
        if (run.Now?.Stage is { Total: > 0 and var all, Done: var done } stage)
            table.AddRow(new Text(stage.Evaluation ?? "done"), new Text($"{Number(done)} of {Number(all)}"), Bar("done", done, all));
        var states = States(run);
        foreach (var (state, count) in states)
            table.AddRow(new Text(state), new Text(Number(count)), Bar(state, count, states.Sum(s => s.Value)));
        var pace = Happening(run) + (training is null ? "" : $"\n{TrainCommand.Line(training)}");
        return new Rows(new Text($"{run.Id} {Position(run)}"), table, new Text(pace), new Text(Summary(run, elapsed)));
    }

    public static string Line(Run run, TrainingRun? training, TimeSpan elapsed)
    {
        if (training is not null)
            return $"{Position(run)}: {TrainCommand.Line(training)}";
        var stage = run.Now?.Stage is { Total: { } total } now
            ? $"{now.Evaluation ?? ""} {Number(now.Done)} of {Number(total)} {Unit(run)}".TrimStart()
            : "";
        // What is done of the stage says how many are pending.
        var states = string.Join(", ", States(run).Where(state => stage.Length == 0 || state.Key != "pending")
            .Select(state => $"{Number(state.Value)} {state.Key}"));
        string[] parts = [stage, states, Happening(run), Summary(run, elapsed)];
        return $"{Position(run)}: {string.Join("; ", parts.Where(part => part.Length > 0))}";
    }

    private static string Position(Run run) =>
        run.Status.HasEnded() ? $"{run.Status}" : $"{run.Status}, round {run.Round} of {run.RoundCount}, {run.Stage}";

    private static string Unit(Run run) => run.Stage.Value switch
    {
        "evaluate" => "items",
        "train-actor" or "train-refiner" => "steps",
        _ => "instructions",
    };

    /// <summary>Of the current round while it plays; of all rounds at the end. In other stages nothing changes.</summary>
    private static List<KeyValuePair<string, int>> States(Run run)
    {
        var ended = run.Status.HasEnded();
        if (!ended && run.Stage != RoundStage.SelfPlay)
            return [];
        var counts = !ended && run.Rounds is [.., { Counts: { Count: > 0 } its }] ? its : run.Progress.States;
        return [.. counts.Where(count => count.Value > 0)];
    }

    /// <summary>What the workers do, how fast, and how long still.</summary>
    private static string Happening(Run run)
    {
        if (run.Status.HasEnded())
            return "";
        var phase = run.Now?.Activity?.Phase.Value switch
        {
            "loading" => "loading the models",
            "preflight" => "checking the judge on a few instructions",
            null when run.Stage != RoundStage.TrainActor && run.Stage != RoundStage.TrainRefiner => "waiting for a worker",
            _ => "",
        };
        var left = run.Now?.Remaining;
        var all = left?.Run > left?.Stage ? $", {Pace.Time(left!.Run!.Value)} for the run" : "";
        return (phase + Pace.Of(run.Now?.Activity?.TokensPerSecond, left?.Stage) + all).TrimStart(',', ' ');
    }

    private static Markup Bar(string state, int count, int total)
    {
        var length = total == 0 ? 0 : (int)Math.Ceiling((double)BarWidth * count / total);
        var colour = state switch
        {
            "paired" or "done" => "green",
            "pending" => "grey",
            _ => "yellow",
        };
        return new($"[{colour}]{new string('█', length)}[/]");
    }

    private static string Summary(Run run, TimeSpan elapsed)
    {
        var similarity = run.Pairs.MeanSimilarity is { } mean
            ? string.Create(CultureInfo.InvariantCulture, $", similarity {mean:0.000}")
            : "";
        var filtered = run.Pairs.Filtered.Values.Sum() is > 0 and var left
            ? string.Create(CultureInfo.InvariantCulture, $" ({left:N0} filtered out)")
            : "";
        var verified = run.Verifier is { Chosen: { Count: > 0 } chosen, Rejected: var rejected }
            ? string.Create(CultureInfo.InvariantCulture,
                $", {chosen.All:N0} of {chosen.Count:N0} chosen and {rejected.All:N0} of {rejected.Count:N0} rejected ")
                + "follow all constraints"
            : "";
        var tokens = run.Tokens.Generated + (run.Now?.Activity?.Generated ?? 0);
        return string.Create(CultureInfo.InvariantCulture,
            $"{run.Pairs.Count:N0} pairs{filtered}{similarity}{verified}, {tokens:N0} tokens generated, {elapsed.TotalSeconds:0} s");
    }

    private static string Number(int count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
