using System.Globalization;

namespace SPaR.Tests.Cli;

/// <summary>Responses in the service's form.</summary>
internal static class Canned
{
    /// <param name="place">Round, stage and rounds, as fields.</param>
    public static string Run(
        string status, int paired = 2, int good = 1, int pending = 0, string place = "\"rounds\": []") => string.Create(
        CultureInfo.InvariantCulture, $$"""
        {
          "id": "run_1", "name": "demo", "status": "{{status}}", "detail": null, "instruction_set": "set_1", "seed": "1",
          "round_count": 2, {{place}},
          "progress": {
            "total": {{paired + good + pending}}, "done": {{paired + good}},
            "states": { "pending": {{pending}}, "paired": {{paired}}, "already-good": {{good}}, "error": 0 }
          },
          "tokens": { "prefill_computed": 1200, "prefill_forked": 3400, "generated": 5600 },
          "pairs": { "count": {{paired}}, "mean_similarity": 0.875 },
          "preflight": { "instructions": 4, "votes": 20, "readable": 20, "readable_rate": 1.0, "warning": null },
          "created_at": "2026-01-01T00:00:00Z"
        }
        """);

    /// <summary>A running run with the rounds started so far.</summary>
    public static string At(int round, string stage, params string[] rounds) =>
        $$""" "round": {{round}}, "stage": "{{stage}}", "rounds": [ {{string.Join(", ", rounds)}} ] """;

    /// <param name="accuracy">The actor's at temperature 1; null if not evaluated yet.</param>
    public static string Round(
        int round, string stage = "done", string? accuracy = null, string? training = null, bool rolledBack = false,
        string? refinerTraining = null) => $$"""
        {
          "round": {{round}}, "stage": "{{stage}}", "actor": "mdl_1", "refiner": "mdl_1", "actor_out": null, "refiner_out": null,
          "actor_training": {{(training is null ? "null" : $"\"{training}\"")}},
          "refiner_training": {{(refinerTraining is null ? "null" : $"\"{refinerTraining}\"")}},
          "actor_dataset": null, "refiner_dataset": null, "counts": {}, "pairs": {{(round == 0 ? "null" : "2")}},
          "similarity": {{(round == 0 ? "null" : "0.875")}}, "rolled_back": {{(rolledBack ? "true" : "false")}},
          "evaluation": {{(accuracy is null ? "{}" : Evaluation(accuracy))}}, "seconds": {{(stage == "done" ? "4.2" : "null")}}
        }
        """;

    private static string Evaluation(string accuracy) => $$"""
        { "micro-world": {
          "actor_accuracy": { "mean": {{accuracy}}, "low": 0.1, "high": 0.9, "count": 500 },
          "actor_accuracy_greedy": { "mean": 0.592, "low": 0.548, "high": 0.634, "count": 500 },
          "judge_accuracy": { "mean": 0.99, "low": 0.97, "high": 1, "count": 300 },
          "judge_f1": { "mean": 0.98, "low": 0.96, "high": 1, "count": 300 },
          "single_refinement_success": { "mean": 0.44, "low": 0.4, "high": 0.5, "count": 200 },
          "search_success": { "mean": 0.81, "low": 0.75, "high": 0.86, "count": 200 } } }
        """;

    public static string Training(
        string id, string status, int step, string? result = null, string? failure = null, int? steps = 28) => $$"""
        {
          "id": "{{id}}", "status": "{{status}}", "step": {{step}},
          "steps": {{steps?.ToString(CultureInfo.InvariantCulture) ?? "null"}}, "remaining_seconds": 3.2,
          "metrics": { "step": {{step}}, "loss": 0.6931, "rewards/margins": 0.25, "rewards/accuracies": 0.5 },
          "failure": {{(failure is null ? "null" : $$"""{ "code": "not-finite", "message": "{{failure}}", "row": null }""")}},
          "result": {{(result is null ? "null" : $"\"{result}\"")}}, "adapter": null
        }
        """;

    public const string Metrics = """
        {"step":1,"loss":0.6931,"rewards/margins":0,"learning_rate":1e-5}
        {"step":2,"loss":0.5,"rewards/margins":0.25,"learning_rate":2e-5}

        """;

    public static string Preference(string prompt, string chosen, string rejected) =>
        $$"""{"id":"pair_1","messages":[{"role":"user","content":"{{prompt}}"}],"chosen":"{{chosen}}","""
        + $$"""
        "rejected":"{{rejected}}","similarity":0.9}
        """;

    public const string Trees = """
        { "data": [ { "instruction_id": "ins_1", "ordinal": 0, "state": "paired", "detail": null, "nodes": 4, "best_value": 1 } ],
          "has_more": false, "after": null }
        """;

    public const string Tree = """
        {
          "run_id": "run_1", "round": 1, "instruction_id": "ins_1", "ordinal": 0, "state": "paired", "detail": null,
          "messages": [ { "role": "user", "content": "write about forest ; include mirror ; avoid fox ;" } ],
          "answers": [ { "subject": "a3", "text": "the fox met the owl .", "truncated": false, "seed": "1", "judgements": [
            { "attempt": 0, "label": "bad", "value": 0.2, "critique": 0, "votes": [
              { "verdict": "no", "text": "x No", "truncated": false, "seed": "1" },
              { "verdict": "yes", "text": "x Yes", "truncated": false, "seed": "2" },
              { "verdict": "unreadable", "text": "x", "truncated": true, "seed": "3" } ] } ] } ],
          "nodes": [
            { "path": "r", "parent": null, "depth": 0, "order": 0, "outcome": "judged", "label": "bad", "value": 0.2,
              "text": "the fox met the owl .", "judged_as": "a3", "chosen": false, "judgements": [] },
            { "path": "r.0", "parent": "r", "depth": 1, "order": 1, "outcome": "judged", "label": "bad", "value": 0.0,
              "text": "the fox met the mirror .", "judged_as": "r.0", "chosen": false, "judgements": [
                { "attempt": 0, "label": "tie", "value": 0.5, "critique": null, "votes": [ { "verdict": "yes", "text": "" } ] },
                { "attempt": 1, "label": "bad", "value": 0, "critique": 0, "votes": [ { "verdict": "no", "text": "" } ] } ] },
            { "path": "r.1", "parent": "r", "depth": 1, "order": 2, "outcome": "reused", "label": "bad", "value": 0.0,
              "text": "the fox met the mirror .", "judged_as": "r.0", "chosen": false, "judgements": [] },
            { "path": "r.0.0", "parent": "r.0", "depth": 2, "order": 3, "outcome": "judged", "label": "good", "value": 1.0,
              "text": "the wolf met the mirror .", "judged_as": "r.0.0", "chosen": true, "judgements": [
                { "attempt": 0, "label": "good", "value": 1, "critique": 0, "votes": [ { "verdict": "yes", "text": "" } ] } ] },
            { "path": "r.0.1", "parent": "r.0", "depth": 2, "order": null, "outcome": "dropped", "label": "tie", "value": null,
              "text": "dropped", "judged_as": null, "chosen": false, "judgements": [] } ]
        }
        """;
}
