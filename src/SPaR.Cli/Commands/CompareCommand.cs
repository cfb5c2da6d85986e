using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
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
                var found = await session.Client.JsonAsync(
                    HttpMethod.Get,
                    $"{Resource.Evaluations.Address(arguments.GetRequiredValue(a))}/compare/"
                    + Uri.EscapeDataString(arguments.GetRequiredValue(b)),
                    cancellationToken);
                session.Show(found, () => Draw(found));
            });
    }

    internal static Table Draw(JsonNode comparison)
    {
        var sides = $"a: {Name(comparison["a"])}, b: {Name(comparison["b"])}";
        var caption = Markup.Escape($"{comparison["paired"]} items of {comparison["benchmark"]}; {sides}");
        var table = new Table { Border = TableBorder.Rounded, Caption = new(caption) };
        foreach (var column in new[] { "measure", "a", "b", "b − a", "95 % interval", "p", "won", "lost", "tied" })
            table.AddColumn(column);
        foreach (var (name, contrast) in comparison["measures"]!.AsObject())
            table.AddRow(
                new Text(name), Number(contrast!["a"]?["mean"]), Number(contrast["b"]?["mean"]), Number(contrast["difference"]),
                new Text($"{Show(contrast["low"])} to {Show(contrast["high"])}"), Number(contrast["p_value"]),
                new Text($"{contrast["wins"]}"), new Text($"{contrast["losses"]}"), new Text($"{contrast["ties"]}"));
        return table;
    }

    private static string Name(JsonNode? evaluation) => $"{evaluation?["name"] ?? evaluation?["id"]}";

    private static Text Number(JsonNode? number) => new(Show(number));

    private static string Show(JsonNode? number) => number?.GetValue<double>().ToString("0.000", CultureInfo.InvariantCulture) ?? "";
}
