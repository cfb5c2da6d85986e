using System.Text.Json.Nodes;
using static SPaR.Service.Mcp.ToolParameter;

namespace SPaR.Service.Mcp;

/// <summary>Tools for runs and what they make.</summary>
internal static class RunTools
{
    private static readonly ToolParameter Run = Id("id", "The run's id: run_….");

    /// <summary>The body of a run and of its estimate.</summary>
    private static readonly ToolParameter[] Request =
    [
        Body("instruction_set", Text("The id of the set: set_…."), required: true),
        Body("actor", Model("The model that answers."), required: true),
        Body("refiner", Model("The model that refines; the actor if omitted.")),
        Body("judge", Model("The model that judges; the refiner if omitted.")),
        Body("recipe", Recipe),
        Body("name", Text("For people.")),
        Body("rounds", Whole("More than one needs train in the recipe.", 1, 20)),
        Body("preview", Whole("Tries it on so many instructions, drawn at random; nothing is trained.", 1, 200)),
        Body("target", Object("When self-play has enough: pairs, seconds, tokens or cost (with prices: hour and million_tokens).")),
        Body("seed", Seed),
    ];

    public static McpTool[] All { get; } =
    [
        new("estimate_run", "EstimateRun", "What a run would take: generations, tokens, seconds, memory. Starts nothing.", Request)
        {
            IsReadOnly = true,
        },
        new("start_run", "StartRun",
            "Start a self-play run over an instruction set: the actor answers, the judge judges, the refiner refines bad answers by tree "
            + "search, and pairs come out. Thousands of instructions take hours: estimate it, or try preview, first.",
            Request),
        new("list_runs", "ListRuns", "List runs with their progress, newest first.", Page) { IsReadOnly = true },
        new("show_run", "GetRun", "A run: status, progress, rounds, counts, cost, warnings.", Run) { IsReadOnly = true },
        new("pause_run", "PauseRun", "Pause a run; resume_run continues it.", Run),
        new("resume_run", "ResumeRun", "Resume a paused run.", Run),
        new("cancel_run", "CancelRun", "Cancel a run for good; what is stored stays.", Run) { IsDestructive = true },
        new("list_pairs", "ListPairs", "The preference pairs of a run, in order: prompt, chosen, rejected, value, similarity.",
            [
                Run, .. Page,
                Query("round", Whole("All rounds if omitted.", 1, 20)),
                Query("verdict", Choice("Of a person.", "any", "none", "accept", "reject", "edit")),
                Query("filtered", Flag("true: only pairs that filters leave out of trainings; false: only the others.")),
            ])
        {
            IsReadOnly = true,
        },
        new("show_tree", "GetTree", "The answers to one instruction with their votes, and the search tree that refined a bad one.",
            Run, Id("instruction", "The instruction's id: ins_…."),
            Query("round", Whole("The last round if omitted.", 1, 20)))
        {
            IsReadOnly = true,
        },
        new("refine_prompt", "Refine",
            "Answer one prompt now, judge the answer and refine a bad one by tree search. Waits for the result.",
            Body("model", Model("The model that answers."), required: true),
            Body("prompt", Text("What to answer.", 1_000_000), required: true),
            Body("answer", Text("The answer to refine; by default the model answers.", 1_000_000)),
            Body("constraints", Constraints),
            Body("refiner", Model("The model that refines; the model itself if omitted.")),
            Body("judge", Model("The model that judges; the refiner if omitted.")),
            Body("recipe", Recipe),
            Body("seed", Seed)),
        new("pair_lineage", "GetPairLineage", "The whole path of a pair: instruction, tree, filters, trainings, models, evaluations.",
            Id("pair", "The pair's id: pair_…."))
        {
            IsReadOnly = true,
        },
    ];

    private static JsonObject Constraints => new()
    {
        ["type"] = "array",
        ["description"] = "What a program verifies of every answer, with IFEval's ids and arguments.",
        ["items"] = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["id"] = new JsonObject { ["type"] = "string", ["description"] = "Such as punctuation:no_comma." },
                ["kwargs"] = new JsonObject { ["type"] = "object" },
            },
            ["required"] = new JsonArray("id"),
        },
    };
}
