using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.IFEval;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary>A score as tables, or as one JSON object with the names that lm-evaluation-harness uses.</summary>
/// <param name="Missing">Prompts without a response; not part of the score.</param>
internal sealed record IfevalReport(IfevalScore Score, int Missing)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private IEnumerable<(string Name, Accuracy Accuracy)> Accuracies =>
    [
        ("prompt_level_strict_acc", Score.PromptLevelStrict),
        ("inst_level_strict_acc", Score.InstructionLevelStrict),
        ("prompt_level_loose_acc", Score.PromptLevelLoose),
        ("inst_level_loose_acc", Score.InstructionLevelLoose),
    ];

    public string ToJson()
    {
        var json = new JsonObject { ["prompts"] = Score.Prompts, ["instructions"] = Score.Instructions, ["missing"] = Missing };
        foreach (var (name, accuracy) in Accuracies)
        {
            json[name] = accuracy.Value;
            json[$"{name}_stderr"] = accuracy.StandardError;
        }

        json["families"] = Counts(Score.Families);
        json["types"] = Counts(Score.Types);
        return json.ToJsonString(Indented);
    }

    public void Draw(IAnsiConsole console)
    {
        var numbers = new Table { Border = TableBorder.Rounded, Caption = new(Caption) };
        numbers.AddColumn("accuracy").AddColumn(new TableColumn("value").RightAligned())
            .AddColumn(new TableColumn("± s.e.").RightAligned());
        foreach (var (name, accuracy) in Accuracies)
            numbers.AddRow(new Text(name), new Text(Share(accuracy.Value)), new Text(Share(accuracy.StandardError)));
        console.Write(numbers);

        var counts = new Table { Border = TableBorder.Rounded };
        counts.AddColumn("constraint");
        foreach (var column in new[] { "total", "strict", "loose" })
            counts.AddColumn(new TableColumn(column).RightAligned());
        foreach (var family in Score.Families)
        {
            AddRow(family.Name, family);
            foreach (var type in Score.Types.Where(t => t.Name.StartsWith($"{family.Name}:", StringComparison.Ordinal)))
                AddRow($"  {type.Name[(family.Name.Length + 1)..]}", type);
        }

        console.Write(counts);

        void AddRow(string name, FollowedCount count) => counts.AddRow(
            new Text(name), new Text(Whole(count.Total)), new Text(Whole(count.Strict)), new Text(Whole(count.Loose)));
    }

    private string Caption => string.Create(
        CultureInfo.InvariantCulture,
        $"{Score.Prompts} prompts, {Score.Instructions} instructions{(Missing > 0 ? $"; {Missing} prompts without a response" : "")}");

    private static JsonObject Counts(IReadOnlyList<FollowedCount> counts) => new(counts.Select(c => KeyValuePair.Create<string, JsonNode?>(
        c.Name, new JsonObject { ["total"] = c.Total, ["strict"] = c.Strict, ["loose"] = c.Loose })));

    private static string Share(double share) => share.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Whole(int count) => count.ToString(CultureInfo.InvariantCulture);
}
