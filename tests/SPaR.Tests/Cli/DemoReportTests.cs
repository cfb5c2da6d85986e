using System.Globalization;
using System.Text.Json;
using SPaR.Cli.Demo;
using SPaR.Client;

namespace SPaR.Tests.Cli;

public sealed class DemoReportTests
{
    private static readonly Run Run = SparJson.Deserialize<Run>($$"""
        {
          "id": "run_1", "status": "succeeded", "round_count": 2, "round": 2, "stage": "done",
          "progress": { "total": 3, "done": 3, "states": { "pending": 0, "paired": 2, "already-good": 1 } },
          "tokens": { "prefill_computed": 1200, "prefill_forked": 3400, "generated": 5600 },
          "pairs": { "count": 2, "mean_similarity": 0.875 },
          "rounds": [
            { "round": 2, "stage": "done", "actor_training": "trn_3", "pairs": 0, "rolled_back": true, "seconds": 3.5 },
            { "round": 0, "stage": "done", "pairs": 0, "evaluation": {{Measured(0.15)}}, "seconds": 8 },
            {
              "round": 1, "stage": "done", "actor_training": "trn_1", "refiner_training": "trn_2", "pairs": 2, "similarity": 0.875,
              "evaluation": {{Measured(0.58)}}, "seconds": 41.5
            }
          ]
        }
        """)!;

    [Fact]
    public void The_exact_verifier_measures_both_sides_of_every_pair()
    {
        var report = DemoReport.Of(
            Run,
            [Pair("the owl saw the key .", "the owl ."), Pair("the owl .", "the owl ."), Pair("the key .", "the key .")],
            TimeSpan.Zero);

        report.Verified.Chosen!.Value.ShouldBe(2 / 3.0, 1e-9);
        report.Verified.Rejected!.Value.ShouldBe(1 / 3.0, 1e-9);
    }

    [Fact]
    public void Without_pairs_there_are_no_shares() =>
        DemoReport.Of(Run, [], TimeSpan.Zero).Verified.ShouldBe(new Verified(null, null));

    [Fact]
    public void Every_other_number_is_the_services()
    {
        var report = DemoReport.Of(Run, [], TimeSpan.FromSeconds(12.3456));

        report.Inputs.ShouldBe(3);
        report.States.Values.Sum().ShouldBe(3);
        report.Pairs.ShouldBe(2);
        report.Similarity.Mean.ShouldBe(0.875);
        (report.Tokens.PrefillComputed, report.Tokens.PrefillForked, report.Tokens.Generated).ShouldBe((1200, 3400, 5600));
        report.Seconds.ShouldBe(12.346);
    }

    [Fact]
    public void The_rounds_are_in_order_and_the_starting_model_has_no_pairs()
    {
        var rounds = DemoReport.Of(Run, [], TimeSpan.Zero).Rounds;

        rounds.Select(round => round.Round).ShouldBe([0, 1, 2]);
        rounds[0].ShouldBe(new RoundReport(
            0, new(0.15, 0.1, 0.2), new(0.59, 0.5, 0.6), new(0.99, 0.98), 0.44, 0.81, null, null, 8, false));
        rounds[1].Pairs.ShouldBe(2);
        rounds[1].ActorAccuracy!.Mean.ShouldBe(0.58);
        rounds[2].ShouldBe(new RoundReport(2, null, null, null, null, null, 0, null, 3.5, true));
    }

    [Fact]
    public void The_json_has_the_agreed_names()
    {
        var json = JsonDocument.Parse(DemoCommand.ToJson(DemoReport.Of(Run, [], TimeSpan.Zero))).RootElement;

        Names(json).ShouldBe(["inputs", "states", "pairs", "similarity", "tokens", "verified", "seconds", "rounds"]);
        var start = json.GetProperty("rounds")[0];
        Names(start).ShouldBe(
        [
            "round", "actor_accuracy", "actor_accuracy_greedy", "judge", "single_refinement_success", "search_success", "pairs",
            "similarity", "seconds", "rolled_back",
        ]);
        Names(start.GetProperty("actor_accuracy")).ShouldBe(["mean", "low", "high"]);
        Names(start.GetProperty("judge")).ShouldBe(["accuracy", "f1"]);
        start.GetProperty("pairs").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public void The_json_of_an_ablation_lists_sources_and_seeds()
    {
        var report = DemoReport.Of(Run, [], TimeSpan.Zero) with { Ablation = [new("refined", 1, 133, new(0.468, 0.42, 0.51), null)] };

        var entry = JsonDocument.Parse(DemoCommand.ToJson(report)).RootElement.GetProperty("ablation")[0];

        Names(entry).ShouldBe(["source", "seed", "pairs", "actor_accuracy", "actor_accuracy_greedy"]);
    }

    private static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(field => field.Name)];

    private static string Measured(double accuracy) => string.Create(CultureInfo.InvariantCulture, $$"""
        { "micro-world": {
          "actor_accuracy": { "mean": {{accuracy}}, "low": 0.1, "high": 0.2 },
          "actor_accuracy_greedy": { "mean": 0.59, "low": 0.5, "high": 0.6 },
          "judge_accuracy": { "mean": 0.99, "low": 0.9, "high": 1 }, "judge_f1": { "mean": 0.98, "low": 0.9, "high": 1 },
          "single_refinement_success": { "mean": 0.44, "low": 0.4, "high": 0.5 },
          "search_success": { "mean": 0.81, "low": 0.8, "high": 0.9 } } }
        """);

    private static SparRow Pair(string chosen, string rejected) => SparJson.Deserialize<SparRow>($$"""
        {
          "messages": [{ "role": "user", "content": "write about forest ; include key ; avoid fox ;" }], "chosen": "{{chosen}}",
          "rejected": "{{rejected}}"
        }
        """)!;
}
