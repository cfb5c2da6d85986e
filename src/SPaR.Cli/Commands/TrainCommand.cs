using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <param name="Data">The id of a run, or a file with training data.</param>
/// <param name="Format">The file's format.</param>
/// <param name="Options">Hyper-parameters as the service names them.</param>
/// <param name="Upload">How the file is read (<see cref="UploadArguments"/>).</param>
internal sealed record TrainOptions(
    string Data, string Format, string Model, string Method, JsonObject Options, long? Seed, string? Name, UploadChoice? Upload = null);

/// <summary><c>spar train</c>: trains a model on a run's data or on a file, using a running service.</summary>
internal static class TrainCommand
{
    private const string OptionsHelp =
        "Training options as a JSON object, such as '{\"epochs\": 2, \"lora\": {\"rank\": 16}}'. Options: loss_type, "
        + "loss_weights, beta, sft_weight, label_smoothing, simpo_gamma, desirable_weight, undesirable_weight, learning_rate, "
        + "schedule, warmup, epochs, batch, micro_batch, cutoff, optimizer, muon_learning_rate, beta1, beta2, weight_decay, "
        + "max_grad_norm, precision, gradient_checkpointing, checkpoint_every, threads, and lora with rank, alpha, dropout, targets, "
        + "merge; see docs/training.md.";

    public static Command Create()
    {
        var data = new Argument<string>("data")
        {
            Description = "A run's id, or a file of preferences or conversations: NDJSON, JSON, CSV or Parquet.",
        };
        var format = new Option<string>("--format")
        {
            Description = "The file's format: auto recognises it by its columns; docs/training.md lists the others.",
            DefaultValueFactory = _ => "auto",
        };
        var model = new Option<string>("--model") { Description = ModelNames.Description, Required = true };
        var method = new Option<string>("--method") { Description = "The training method: dpo or sft.", DefaultValueFactory = _ => "dpo" };
        method.AcceptOnlyFromAmong("dpo", "sft");
        var rate = new Option<double?>("--lr") { Description = "The learning rate. Default: the service's." };
        var more = new Option<string?>("--options") { Description = OptionsHelp };
        var seed = new Option<long?>("--seed") { Description = "The seed of shuffling and dropout." };
        var name = new Option<string?>("--name") { Description = "The training run's name." };
        var upload = new UploadArguments();
        return ServiceCommand.Create(
            "train", "Train a model on the data of a run or of a file.",
            [data, format, model, method, rate, more, seed, name, .. upload.Options],
            (arguments, session, cancellationToken) => RunAsync(
                session,
                new(arguments.GetRequiredValue(data), arguments.GetRequiredValue(format), arguments.GetRequiredValue(model),
                    arguments.GetRequiredValue(method), Read(arguments.GetValue(more), arguments.GetValue(rate)),
                    arguments.GetValue(seed), arguments.GetValue(name), upload.Read(arguments)),
                cancellationToken));
    }

    internal static async Task RunAsync(Session session, TrainOptions options, CancellationToken cancellationToken)
    {
        var (client, terminal) = (session.Client, session.Terminal);
        var run = await client.StartTrainingRunAsync(
            new()
            {
                Method = options.Method,
                Model = await ModelNames.IdAsync(client, options.Model, cancellationToken),
                Dataset = await DatasetAsync(client, options, terminal, cancellationToken),
                Seed = options.Seed,
                Name = options.Name,
                AdditionalFields = JsonFile.Field("options", options.Options),
            },
            cancellationToken);
        terminal.Say(string.Create(
            CultureInfo.InvariantCulture, $"Training run {run.Id}, learning rate {run.Options.LearningRate}. Ctrl-C stops waiting, and ")
            + $"the training continues in the service: ./spar trainings wait {run.Id}");
        run = await FollowAsync(client, run.Id, terminal, session.Time, cancellationToken);
        if (run.Result is { } result)
            terminal.Say($"model {result}: {(await client.GetModelAsync(result, cancellationToken)).Path} in the models folder");
        if (run.Adapter is { } adapter)
            terminal.Say($"adapter: {adapter.Path} in the models folder");
        if (session.Json)
            session.Show(run, () => Text.Empty);
    }

    private static async Task<JsonObject> DatasetAsync(
        SparClient client, TrainOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        if (options.Data.StartsWith("run_", StringComparison.Ordinal))
            return new() { ["run"] = options.Data };
        if (!File.Exists(options.Data))
            throw new CommandException($"There is no file '{options.Data}'. Name a file, or a run by its id (run_…).");
        await using var file = File.OpenRead(options.Data);
        var dataset = await client.UploadDatasetAsync(
            file, options.Format, options.Upload?.Unknown, options.Upload?.Map, options.Upload?.SkipInvalid, Path.GetFileName(options.Data),
            cancellationToken);
        UploadArguments.Report(terminal, dataset.Upload);
        return new() { ["upload"] = dataset.Id };
    }

    /// <returns>The training as it ended.</returns>
    /// <exception cref="CommandException">It failed or was cancelled.</exception>
    internal static async Task<TrainingRun> FollowAsync(
        SparClient client, string id, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var run = await ProgressLine.FollowAsync(
            terminal, time, () => client.GetTrainingRunAsync(id, cancellationToken), run => run.Status.HasEnded(),
            run => run.Steps is { } steps ? (double)run.Step / steps : null, Line, cancellationToken);
        return run.Status == RunStatus.Succeeded ? run : throw new CommandException(
            $"The training run {id} {run.Status}. {run.Failure?.Message}",
            run.Status == RunStatus.Cancelled ? CommandEnd.Cancelled : CommandEnd.Failure);
    }

    /// <summary>The current step, loss and margin.</summary>
    internal static string Line(TrainingRun run)
    {
        string[] names = ["loss", "preference_loss", "nll_loss", "rewards/margins", "rewards/accuracies"];
        var metrics = names.Where(name => run.Metrics?[name] is not null)
            .Select(name => string.Create(CultureInfo.InvariantCulture, $"{name} {run.Metrics![name]!.GetValue<double>():0.####}"));
        var left = Pace.Of(null, run.RemainingSeconds);
        return (run.Steps, run.Step) switch
        {
            (null, _) => "preparing the data",
            ({ } steps, 0) => $"step 0 of {steps}",
            ({ } steps, var step) => $"step {step} of {steps}: {string.Join(", ", metrics)}{left}",
        };
    }

    private static JsonObject Read(string? json, double? rate)
    {
        JsonObject options;
        try
        {
            options = JsonNode.Parse(json ?? "{}") as JsonObject
                ?? throw new CommandException("--options must be a JSON object, such as '{\"epochs\": 2}'.");
        }
        catch (JsonException e)
        {
            throw new CommandException($"--options is not JSON: {e.Message}");
        }

        if (rate is not null)
            options["learning_rate"] = rate;
        return options;
    }
}
