using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary>Does something to one resource, and returns it.</summary>
internal delegate Task<object> Move(SparClient client, string id, CancellationToken cancellationToken);

/// <summary>Something that the service stores, and how the terminal lists it.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="What">One of them, in sentences.</param>
/// <param name="Prefix">Of its ids.</param>
/// <param name="Columns">The fields of a list, by path.</param>
/// <param name="List">All of them, the newest first, so many to a page.</param>
/// <param name="Get">One, by its id.</param>
/// <param name="Delete">One, with its file where that is asked for.</param>
/// <param name="Moves">What can be done to its status, by name.</param>
internal sealed record Resource(
    string Command, string What, string Prefix, IReadOnlyList<string> Columns,
    Func<SparClient, int, CancellationToken, IAsyncEnumerable<object>> List, Move Get,
    Func<SparClient, string, bool, CancellationToken, Task> Delete, params IReadOnlyList<(string Name, Move Move)> Moves)
{
    public static Resource Runs { get; } = new(
        "runs", "run", "run_",
        ["id", "name", "status", "code", "round", "round_count", "stage", "pairs.count", "created_at"],
        (client, limit, stop) => client.EnumerateRunsAsync(limit: limit, cancellationToken: stop),
        async (client, id, stop) => await client.GetRunAsync(id, stop),
        (client, id, _, stop) => client.DeleteRunAsync(id, stop),
        ("pause", async (client, id, stop) => await client.PauseRunAsync(id, cancellationToken: stop)),
        ("resume", async (client, id, stop) => await client.ResumeRunAsync(id, cancellationToken: stop)),
        ("cancel", async (client, id, stop) => await client.CancelRunAsync(id, cancellationToken: stop)),
        ("retry", async (client, id, stop) => await client.RetryRunAsync(id, cancellationToken: stop)));

    public static Resource Trainings { get; } = new(
        "trainings", "training run", "trn_",
        ["id", "name", "status", "method", "step", "steps", "result", "created_at"],
        (client, limit, stop) => client.EnumerateTrainingRunsAsync(limit: limit, cancellationToken: stop),
        async (client, id, stop) => await client.GetTrainingRunAsync(id, stop),
        (client, id, _, stop) => client.DeleteTrainingRunAsync(id, stop),
        ("pause", async (client, id, stop) => await client.PauseTrainingRunAsync(id, cancellationToken: stop)),
        ("resume", async (client, id, stop) => await client.ResumeTrainingRunAsync(id, cancellationToken: stop)),
        ("cancel", async (client, id, stop) => await client.CancelTrainingRunAsync(id, cancellationToken: stop)),
        ("retry", async (client, id, stop) => await client.RetryTrainingRunAsync(id, cancellationToken: stop)),
        ("release", async (client, id, stop) => await client.ReleaseTrainingRunAsync(id, cancellationToken: stop)));

    public static Resource Evaluations { get; } = new(
        "evaluations", "evaluation", "evl_",
        ["id", "name", "benchmark", "status", "progress.done", "progress.total", "model", "created_at"],
        (client, limit, stop) => client.EnumerateEvaluationsAsync(limit: limit, cancellationToken: stop),
        async (client, id, stop) => await client.GetEvaluationAsync(id, stop),
        (client, id, _, stop) => client.DeleteEvaluationAsync(id, stop),
        ("pause", async (client, id, stop) => await client.PauseEvaluationAsync(id, cancellationToken: stop)),
        ("resume", async (client, id, stop) => await client.ResumeEvaluationAsync(id, cancellationToken: stop)),
        ("cancel", async (client, id, stop) => await client.CancelEvaluationAsync(id, cancellationToken: stop)),
        ("retry", async (client, id, stop) => await client.RetryEvaluationAsync(id, cancellationToken: stop)));

    public static Resource Conversions { get; } = new(
        "conversions", "conversion", "cnv_",
        ["id", "name", "kind", "status", "progress", "path", "result", "created_at"],
        (client, limit, stop) => client.EnumerateConversionsAsync(limit: limit, cancellationToken: stop),
        async (client, id, stop) => await client.GetConversionAsync(id, stop),
        (client, id, file, stop) => client.DeleteConversionAsync(id, file, stop),
        ("cancel", async (client, id, stop) => await client.CancelConversionAsync(id, cancellationToken: stop)),
        ("retry", async (client, id, stop) => await client.RetryConversionAsync(id, cancellationToken: stop)));

    public static Resource Models { get; } = new(
        "models", "model", "mdl_", ["id", "name", "path", "architecture", "file_type", "parameters", "created_at"],
        (client, limit, stop) => client.EnumerateModelsAsync(limit: limit, cancellationToken: stop),
        async (client, id, stop) => await client.GetModelAsync(id, stop),
        (client, id, file, stop) => client.DeleteModelAsync(id, file, stop));

    public static Resource Instructions { get; } = new(
        "instructions", "instruction set", "set_", ["id", "name", "count", "created_at"],
        (client, limit, stop) => client.EnumerateInstructionSetsAsync(limit: limit, cancellationToken: stop),
        async (client, id, stop) => await client.GetInstructionSetAsync(id, stop),
        (client, id, _, stop) => client.DeleteInstructionSetAsync(id, stop));

    public static Resource Datasets { get; } = new(
        "datasets", "dataset", "ds_", ["id", "name", "version", "format", "count", "created_at"],
        (client, limit, stop) => client.EnumerateDatasetsAsync(limit: limit, cancellationToken: stop),
        async (client, id, stop) => await client.GetDatasetAsync(id, stop),
        (client, id, _, stop) => client.DeleteDatasetAsync(id, stop));

    public static Resource Benchmarks { get; } = new(
        "benchmarks", "benchmark", "bmk_", ["id", "name", "benchmark", "count", "created_at"],
        (client, limit, stop) => client.EnumerateBenchmarksAsync(limit: limit, cancellationToken: stop),
        async (client, id, stop) => await client.GetBenchmarkAsync(id, stop),
        (client, id, _, stop) => client.DeleteBenchmarkAsync(id, stop));

    public static IReadOnlyList<Resource> All { get; } =
        [Runs, Trainings, Evaluations, Conversions, Models, Instructions, Datasets, Benchmarks];

    /// <exception cref="CommandException">No id starts like this one.</exception>
    public static Resource Of(string id) => All.FirstOrDefault(r => id.StartsWith(r.Prefix, StringComparison.Ordinal))
        ?? throw new CommandException(
            $"'{id}' is not the id of anything; ids start with {string.Join(", ", All.Select(r => r.Prefix))}.");
}
