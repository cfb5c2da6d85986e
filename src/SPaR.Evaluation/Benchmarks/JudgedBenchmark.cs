using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Judging;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Open-ended instructions whose constraints a judge checks one by one, as FollowBench does (arXiv 2310.20410):
/// <c>{key?, prompt, level, constraints, group?}</c>.</summary>
/// <remarks><c>hard_satisfaction_rate</c> is the share of answers that satisfy all their constraints, <c>soft_satisfaction_rate</c> the
/// mean share of constraints that an answer satisfies, both also by level. <c>constraint_satisfaction_rate</c> is the share of all
/// constraints that are satisfied, also by group. On a tie or without a readable vote, a constraint counts as not satisfied. The recipe
/// sets the number of votes (one if it weighs a single critique) and their sampling; <see cref="ConstraintPrompt"/> has the
/// wording.</remarks>
public sealed class JudgedBenchmark : IBenchmark
{
    private const int HighestLevel = 100, MostConstraints = 100;

    public string Name => "judged";

    public string Description =>
        "Instructions whose constraints the judge checks one by one, as in FollowBench: prompt, level (1 to 100), constraints (texts), "
        + "optional key and group. Measures hard_satisfaction_rate (answers that satisfy all constraints) and soft_satisfaction_rate "
        + "(mean share of constraints that an answer satisfies) by level, and constraint_satisfaction_rate by group.";

    public string? Example => """
        { "prompt": "Write a haiku about rain.", "level": 2, "constraints": ["It is a haiku.", "It is about rain."], "group": "content" }
        """;

    public IReadOnlyList<Column> Columns { get; } =
        [new("key"), new("prompt"), new("level", ColumnType.Json), new("constraints", ColumnType.Json), new("group")];

    public BenchmarkNeeds Needs => BenchmarkNeeds.Answers | BenchmarkNeeds.Judge;

    public IReadOnlyList<BenchmarkItem>? Own => null;

    public IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors) =>
        ItemReader.Read(json, place, errors, Items);

    private static IReadOnlyList<BenchmarkItem> Items(string key, FieldReader fields)
    {
        var body = new Body(
            fields.RequiredText("prompt", "what is to be done"),
            fields.RequiredWhole("level", new(1, HighestLevel)),
            fields.RequiredTexts("constraints", 1, MostConstraints, "constraints, each a text that a judge can check"),
            fields.OptionalText("group", "the name of a group"));
        return [new(key, ItemJson.Of(body))];
    }

    public async Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken cancellationToken)
    {
        var body = item.Body.Deserialize<Body>(ItemJson.Options)!;
        var answered = await Answering.AskAsync(measuring, [new("user", body.Prompt)], cancellationToken);
        var run = measuring.ItemRun([new("user", body.Prompt)]);
        var (checks, usage) = (new List<Check>(), answered.Usage);
        for (var i = 0; i < body.Constraints.Length; i++)
        {
            var (check, cost) = await CheckAsync(run, body, answered.Text, i, cancellationToken);
            checks.Add(check);
            usage += cost;
        }

        var (satisfied, all) = (checks.Count(c => c.Label == Label.Good), checks.Count);
        return new()
        {
            Tallies =
            [
                new("hard_satisfaction_rate", satisfied == all ? 1 : 0, Group: $"level-{body.Level}"),
                new("soft_satisfaction_rate", (double)satisfied / all, Group: $"level-{body.Level}"),
                new("constraint_satisfaction_rate", satisfied, all, body.Group),
            ],
            Text = answered.Text,
            Reasoning = answered.Reasoning,
            Detail = ItemJson.Of(new
            {
                constraints = checks,
                prompt_hash = ConstraintPrompt.Hash,
                judge = measuring.Models.Judge.File.Hash,
            }),
            Usage = usage,
            Generations = answered.Generations,
            Judged = answered.Judged + 1,
        };
    }

    private static async Task<(Check Check, TokenUsage Usage)> CheckAsync(
        ItemRun item, Body body, string answer, int index, CancellationToken cancellationToken)
    {
        var judge = item.Recipe.Judge;
        var request = item.Request(
            ConstraintPrompt.Conversation(body.Prompt, answer, body.Constraints[index]), judge.ToSampling(),
            [.. Enumerable.Range(0, judge.Critiques).Select(vote => item.Seed("constraint", index, vote))], $"constraint {index}");
        var replies = await item.GenerateAsync(item.Models.Judge, request, cancellationToken);
        var reader = new VerdictReader(ConstraintPrompt.Verdict);
        var tally = VoteTally.Of([.. replies.All.Select(r => reader.Read(r.Text))]);
        var critique = replies.All[tally.Critique ?? 0].Text;
        return (new(body.Constraints[index], tally.Label, tally.Value, critique), replies.Usage);
    }

    private sealed record Body(string Prompt, int Level, ImmutableArray<string> Constraints, string? Group);

    /// <param name="Critique">The first vote that agrees with the label, or the first of all if none does.</param>
    private sealed record Check(string Constraint, Label Label, double? Value, string Critique);
}
