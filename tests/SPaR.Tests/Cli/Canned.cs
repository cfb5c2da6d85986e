using System.Globalization;

namespace SPaR.Tests.Cli;

/// <summary>Answers in the service's words.</summary>
internal static class Canned
{
    public static string Run(string status, int paired = 2, int good = 1, int pending = 0) => string.Create(
        CultureInfo.InvariantCulture, $$"""
        {
          "id": "run_1", "name": "demo", "status": "{{status}}", "detail": null, "instruction_set": "set_1", "seed": "1", "rounds": 1,
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
