using System.CommandLine;
using System.Globalization;
using SPaR.Client;
using Spectre.Console;
using Tree = Spectre.Console.Tree;

namespace SPaR.Cli.Commands;

/// <summary><c>spar lineage</c>: where a pair came from and what became of it, or what a model was made of.</summary>
internal static class LineageCommand
{
    private const string PairPrefix = "pair_";

    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "A pair, pair_…; or a model, by its id, name, or path." };
        return ServiceCommand.Create(
            "lineage", "Show where a pair came from and what became of it, or what a model was made of.", [id],
            (arguments, session, cancellationToken) => RunAsync(session, arguments.GetRequiredValue(id), cancellationToken));
    }

    internal static async Task RunAsync(Session session, string id, CancellationToken cancellationToken)
    {
        if (id.StartsWith(PairPrefix, StringComparison.Ordinal))
        {
            var pair = await session.Client.GetPairLineageAsync(id, cancellationToken);
            session.Show(pair, () => OfPair(pair));
            return;
        }

        var model = await ModelNames.FindAsync(session.Client, id, cancellationToken);
        var lineage = await session.Client.GetModelLineageAsync(model.Id, cancellationToken);
        session.Show(lineage, () => OfModel(lineage));
    }

    private static Tree OfPair(PairLineage pair)
    {
        var run = pair.Run;
        var tree = new Tree(new Text(pair.Pair));
        var from = tree.AddNode(new Text("from"));
        from.AddNode(new Text($"instruction {pair.Instruction.Position} of {pair.Instruction.Set} ({pair.Instruction.SetName})"));
        from.AddNode(new Text($"run {run.Id}, round {run.Round}, recipe {run.Recipe}, seed {run.Seed}"));
        foreach (var (role, model) in new[] { ("actor", run.Actor), ("refiner", run.Refiner), ("judge", run.Judge) })
            from.AddNode(new Text($"{role} {model.Id}, SHA-256 {model.Sha256}"));
        from.AddNode(new Text($"rejected {Step(pair.Rejected)}"));
        foreach (var step in pair.Chosen)
            from.AddNode(new Text(Step(step)));
        var use = tree.AddNode(new Text("then"));
        string[] uses =
        [
            .. pair.Human is { } human ? [$"{human.Verdict} by {human.By}"] : Array.Empty<string>(),
            .. pair.Values.FilteredBy is { } filter ? [$"left out of trainings by {filter}"] : Array.Empty<string>(),
            .. pair.Datasets.Select(d => $"dataset {d.Id} ({d.Name}, version {d.Version})"),
            .. pair.Trainings.Select(
                t => $"training {t.Id} ({t.Method}, {t.Status}){(t.Dropped is { } why ? $", left out: {why}" : "")}"),
            .. pair.Models.Select(m => $"model {m.Id} ({m.Name})"),
            .. pair.Evaluations.Select(e => $"evaluation {e.Id} ({e.Benchmark}, {e.Status})"),
        ];
        foreach (var line in uses)
            use.AddNode(new Text(line));
        return tree;
    }

    private static string Step(LineageStep step) =>
        string.Create(CultureInfo.InvariantCulture, $"{step.Subject}, value {step.Value}");

    private static Tree OfModel(ModelAncestry lineage)
    {
        var tree = new Tree(new Text($"{lineage.Model}: {lineage.Trainings} trainings on {lineage.Rows} rows"));
        foreach (var step in lineage.Steps)
            tree.AddNode(new Text(
                $"{step.Model.Id} ({step.Model.Name}) from {step.Parent} by "
                + (step.Training is { } training
                    ? $"{step.Method} {training} on {Sources(step.Datasets)}, {step.Rows} rows"
                    : step.Conversion ?? "an adapter")));
        tree.AddNode(new Text($"origin {lineage.Origin.Id} ({lineage.Origin.Name})"));
        return tree;
    }

    private static string Sources(IReadOnlyList<TrainingSource>? datasets) =>
        string.Join(" and ", datasets?.Select(d => d.Run ?? d.Upload) ?? []);
}
