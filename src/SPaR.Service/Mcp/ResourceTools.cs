using System.Text.Json.Nodes;
using static SPaR.Service.Mcp.ToolParameter;

namespace SPaR.Service.Mcp;

/// <summary>Tools for models, instruction sets, trainings and evaluations.</summary>
internal static class ResourceTools
{
    private static readonly ToolParameter Training = Id("id", "The training run's id: trn_….");

    private static readonly ToolParameter Evaluation = Id("id", "The evaluation's id: evl_….");

    public static McpTool[] All { get; } =
    [
        new("list_models", "ListModels", "List the registered models, newest first.", Page) { IsReadOnly = true },
        new("show_model", "GetModel", "A model: file, size, chat template, lineage.", Id("id", "The model's id: mdl_…."))
        {
            IsReadOnly = true,
        },
        new("register_model", "RegisterModel", "Register a GGUF file that is in the service's models folder.",
            Body("path", Text("Relative to the models folder.", 1000), required: true),
            Body("name", Text("For people; the file's name if omitted.")),
            Body("template", Text("A chat template; detected if omitted.")),
            Body("base", Text("If the file is an adapter: the id of its base model."))),
        new("list_recipes", "ListRecipes", "The named recipes with every option of the method.") { IsReadOnly = true },
        new("list_instruction_sets", "ListInstructionSets", "List instruction sets, newest first.", Page) { IsReadOnly = true },
        new("create_instruction_set", "SubmitInstructionSet", "Create an instruction set of the rows given here. All are stored, or none.",
            Body("name", Text("Names the set."), required: true), Body("instructions", Instructions, required: true)),
        new("start_training", "StartTrainingRun", "Train a model on the pairs of a run or on an uploaded dataset.",
            Body("method", Choice("dpo on preferences, sft on conversations.", "dpo", "sft"), required: true),
            Body("model", Model("The model to train."), required: true),
            Body("dataset", Object("""{"run": "run_…"}, optionally with round and data, or {"upload": "ds_…"}."""), required: true),
            Body("options", Object("Hyper-parameters that differ from the defaults, such as learning_rate, beta, epochs, lora.")),
            Body("name", Text("For people.")),
            Body("seed", Seed)),
        new("list_trainings", "ListTrainingRuns", "List training runs, newest first.", Page) { IsReadOnly = true },
        new("show_training", "GetTrainingRun", "A training run: status, steps, last metrics, result.", Training) { IsReadOnly = true },
        new("start_evaluation", "StartEvaluation", "Measure a model with a benchmark.",
            Body("benchmark", Text("The kind of benchmark, such as ifeval."), required: true),
            Body("model", Model("The model that is measured."), required: true),
            Body("data", Text("The id of a set of items, for a benchmark without items of its own.")),
            Body("refiner", Model("The model that refines, where one is used.")),
            Body("judge", Model("The model that judges, where one is asked.")),
            Body("decoding", Choice("greedy if omitted.", "greedy", "sample", "best-of-n", "bfs", "dfs")),
            Body("recipe", Recipe),
            Body("limit", Whole("Only the first so many items.", 1, 1_000_000)),
            Body("name", Text("For people.")),
            Body("seed", Seed)),
        new("list_evaluations", "ListEvaluations", "List evaluations with their progress, newest first.",
            [
                .. Page, Query("benchmark", Text("Only of this kind.")), Query("model", Text("Only with this model's id, in any part.")),
                Query("run", Text("Only of this run's id.")),
            ])
        {
            IsReadOnly = true,
        },
        new("show_evaluation", "GetEvaluation", "An evaluation: status, items, and at its end the measures.", Evaluation)
        {
            IsReadOnly = true,
        },
        new("compare_evaluations", "CompareEvaluations",
            "How two evaluations of the same items differ, by measure: means, difference with its 95 % interval, p-value, wins and losses.",
            Id("a", "The id of one: evl_…."), Id("b", "The id of the other: evl_…."))
        {
            IsReadOnly = true,
        },
    ];

    private static JsonObject Instructions => new()
    {
        ["type"] = "array",
        ["description"] = "Each has prompt (a text) or messages (a conversation that ends with the user's), and optional constraints.",
        ["minItems"] = 1,
        ["items"] = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["prompt"] = new JsonObject { ["type"] = "string" },
                ["messages"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "object" } },
                ["constraints"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "object" } },
                ["metadata"] = new JsonObject(),
            },
        },
    };
}
