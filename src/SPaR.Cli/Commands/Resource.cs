namespace SPaR.Cli.Commands;

/// <summary>Something that the service stores, and how the terminal lists it.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="What">One of them, in sentences.</param>
/// <param name="Path">In the API.</param>
/// <param name="Prefix">Of its ids.</param>
/// <param name="Columns">The fields of a list, by path.</param>
/// <param name="Moves">What can be done to its status.</param>
internal sealed record Resource(
    string Command, string What, string Path, string Prefix, IReadOnlyList<string> Columns, params IReadOnlyList<string> Moves)
{
    public static Resource Runs { get; } = new(
        "runs", "run", "v1/runs", "run_",
        ["id", "name", "status", "code", "round", "round_count", "stage", "pairs.count", "created_at"],
        "pause", "resume", "cancel", "retry");

    public static Resource Trainings { get; } = new(
        "trainings", "training run", "v1/training-runs", "trn_",
        ["id", "name", "status", "method", "step", "steps", "result", "created_at"], "pause", "resume", "cancel", "retry");

    public static Resource Evaluations { get; } = new(
        "evaluations", "evaluation", "v1/evaluations", "evl_",
        ["id", "name", "benchmark", "status", "progress.done", "progress.total", "model", "created_at"],
        "pause", "resume", "cancel", "retry");

    public static Resource Conversions { get; } = new(
        "conversions", "conversion", "v1/conversions", "cnv_",
        ["id", "name", "kind", "status", "progress", "path", "result", "created_at"], "cancel", "retry");

    public static Resource Models { get; } = new(
        "models", "model", "v1/models", "mdl_", ["id", "name", "path", "architecture", "file_type", "parameters", "created_at"]);

    public static Resource Instructions { get; } = new(
        "instructions", "instruction set", "v1/instruction-sets", "set_", ["id", "name", "count", "created_at"]);

    public static Resource Datasets { get; } = new(
        "datasets", "dataset", "v1/datasets", "ds_", ["id", "name", "version", "format", "count", "created_at"]);

    public static Resource Benchmarks { get; } = new(
        "benchmarks", "benchmark", "v1/benchmarks", "bmk_", ["id", "name", "benchmark", "count", "created_at"]);

    public static IReadOnlyList<Resource> All { get; } =
        [Runs, Trainings, Evaluations, Conversions, Models, Instructions, Datasets, Benchmarks];

    /// <exception cref="CommandException">No id starts like this one.</exception>
    public static Resource Of(string id) => All.FirstOrDefault(r => id.StartsWith(r.Prefix, StringComparison.Ordinal))
        ?? throw new CommandException(
            $"'{id}' is not the id of anything; ids start with {string.Join(", ", All.Select(r => r.Prefix))}.");

    public string Address(string id) => $"{Path}/{Uri.EscapeDataString(id)}";
}
