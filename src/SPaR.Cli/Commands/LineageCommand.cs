using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

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
            var pair = await session.Client.JsonAsync(HttpMethod.Get, $"v1/lineage/{Uri.EscapeDataString(id)}", cancellationToken);
            session.Show(pair, () => OfPair(pair));
            return;
        }

        var model = await ModelNames.FindAsync(session.Client, id, cancellationToken);
        var lineage = await session.Client.JsonAsync(HttpMethod.Get, $"v1/models/{model.Id}/lineage", cancellationToken);
        session.Show(lineage, () => OfModel(lineage));
    }

    private static Tree OfPair(JsonNode pair)
    {
        var run = pair["run"]!;
        var tree = new Tree(new Text($"{pair["pair"]}"));
        var from = tree.AddNode(new Text("from"));
        from.AddNode(new Text(
            $"instruction {pair["instruction"]!["position"]} of {pair["instruction"]!["set"]} ({pair["instruction"]!["set_name"]})"));
        from.AddNode(new Text($"run {run["id"]}, round {run["round"]}, recipe {run["recipe"]}, seed {run["seed"]}"));
        foreach (var role in new[] { "actor", "refiner", "judge" })
            from.AddNode(new Text($"{role} {run[role]!["id"]}, SHA-256 {run[role]!["sha256"]}"));
        from.AddNode(new Text($"rejected {pair["rejected"]!["subject"]}, value {pair["rejected"]!["value"]}"));
        foreach (var step in pair["chosen"]!.AsArray())
            from.AddNode(new Text($"{step!["subject"]}, value {step["value"]}"));
        var use = tree.AddNode(new Text("then"));
        if (pair["human"] is { } human)
            use.AddNode(new Text($"{human["verdict"]} by {human["by"]}"));
        if (pair["values"]!["filtered_by"] is { } filter)
            use.AddNode(new Text($"left out of trainings by {filter}"));
        foreach (var (list, line) in new (string, Func<JsonNode, string>)[]
        {
            ("datasets", d => $"dataset {d["id"]} ({d["name"]}, version {d["version"]})"),
            ("trainings", t => $"training {t["id"]} ({t["method"]}, {t["status"]}){(t["dropped"] is { } why ? $", left out: {why}" : "")}"),
            ("models", m => $"model {m["id"]} ({m["name"]})"),
            ("evaluations", e => $"evaluation {e["id"]} ({e["benchmark"]}, {e["status"]})"),
        })
            foreach (var each in pair[list]!.AsArray())
                use.AddNode(new Text(line(each!)));
        return tree;
    }

    private static Tree OfModel(JsonNode lineage)
    {
        var tree = new Tree(new Text($"{lineage["model"]}: {lineage["trainings"]} trainings on {lineage["rows"]} rows"));
        foreach (var step in lineage["steps"]!.AsArray())
            tree.AddNode(new Text(
                $"{step!["model"]!["id"]} ({step["model"]!["name"]}) from {step["parent"]} by "
                + (step["training"] is { } training
                    ? $"{step["method"]} {training} on {Sources(step["datasets"])}, {step["rows"]} rows"
                    : $"{step["conversion"] ?? "an adapter"}")));
        tree.AddNode(new Text($"origin {lineage["origin"]!["id"]} ({lineage["origin"]!["name"]})"));
        return tree;
    }

    private static string Sources(JsonNode? datasets) =>
        string.Join(" and ", datasets?.AsArray().Select(d => $"{d!["run"] ?? d["upload"]}") ?? []);
}
