using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <param name="Data">The id of a run, or a file with training data.</param>
/// <param name="EvalData">The same, of held-out rows; null without a dataset of them.</param>
/// <param name="Format">The files' format.</param>
/// <param name="Options">Hyper-parameters as the service names them.</param>
/// <param name="Upload">How the file is read (<see cref="UploadArguments"/>).</param>
internal sealed record TrainOptions(
    string Data, string? EvalData, string Format, string Model, string Method, JsonObject Options, long? Seed, string? Name,
    UploadChoice? Upload = null);

/// <summary><c>spar train</c>: trains a model on a run's data or on a file, using a running service.</summary>
internal static class TrainCommand
{
    private const string OptionsHelp =
        "Training options as a JSON object, such as '{\"num_train_epochs\": 2, \"lora\": {\"r\": 16}}'. Options: loss_type, "
        + "loss_weights, beta, rpo_alpha, label_smoothing, simpo_gamma, desirable_weight, undesirable_weight, learning_rate, "
        + "lr_scheduler_type, warmup_ratio, num_train_epochs, batch_size, micro_batch_size, max_length, optim, muon_learning_rate, "
        + "adam_beta1, adam_beta2, weight_decay, max_grad_norm, bf16, gradient_checkpointing, val_size, eval_steps, "
        + "load_best_model_at_end, metric_for_best_model, early_stopping_patience, early_stopping_threshold, save_steps, "
        + "save_total_limit, threads, and lora with r, lora_alpha, lora_dropout, target_modules, merge; see docs/training.md.";

    public static Command Create()
    {
        var data = new Argument<string>("data")
        {
            Description = "A run's id, or a file of preferences or conversations: NDJSON, JSON, CSV or Parquet.",
        };
        var evalData = new Option<string?>("--eval-data")
        {
            Description = "Held-out rows: a run's id or a file, evaluated and not trained on. --options '{\"val_size\": 0.1}' holds out "
                + "a share of the data instead.",
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
            [data, evalData, format, model, method, rate, more, seed, name, .. upload.Options],
            (arguments, session, cancellationToken) => RunAsync(
                session,
                new(
                    arguments.GetRequiredValue(data), arguments.GetValue(evalData), arguments.GetRequiredValue(format),
                    arguments.GetRequiredValue(model), arguments.GetRequiredValue(method),
                    Read(arguments.GetValue(more), arguments.GetValue(rate)), arguments.GetValue(seed), arguments.GetValue(name),
                    upload.Read(arguments)),
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
                Dataset = await DatasetAsync(client, options.Data, options, terminal, cancellationToken),
                EvalDataset = options.EvalData is { } eval ? await DatasetAsync(client, eval, options, terminal, cancellationToken) : null,
                Seed = options.Seed,
                Name = options.Name,
                AdditionalFields = JsonFile.Field("options", options.Options),
            },
            cancellationToken: cancellationToken);
        terminal.Say(string.Create(
            CultureInfo.InvariantCulture, $"Training run {run.Id}, learning rate {run.Options.LearningRate}. Ctrl-C stops waiting, and ")
            + $"the training continues in the service: ./spar trainings wait {run.Id}");
        run = await FollowAsync(client, run.Id, terminal, session.Time, cancellationToken);
        if (run.Outcome is { } outcome)
            terminal.Say(outcome.Message);
        if (run.Result is { } result)
            terminal.Say($"model {result}: {(await client.GetModelAsync(result, cancellationToken)).Path} in the models folder");
        if (run.Adapter is { } adapter)
            terminal.Say($"adapter: {adapter.Path} in the models folder");
        if (session.Json)
            session.Show(run, () => Text.Empty);
    }

    private static async Task<JsonObject> DatasetAsync(
        SparClient client, string data, TrainOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        if (data.StartsWith("run_", StringComparison.Ordinal))
            return new() { ["run"] = data };
        if (!File.Exists(data))
            throw new CommandException($"There is no file '{data}'. Name a file, or a run by its id (run_…).");
        await using var file = File.OpenRead(data);
        var dataset = await client.UploadDatasetAsync(
            file, options.Format, options.Upload?.Unknown, options.Upload?.Map, options.Upload?.SkipInvalid, Path.GetFileName(data),
            cancellationToken: cancellationToken);
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

    /// <summary>The current step, loss and margin, and the same of the last evaluation.</summary>
    internal static string Line(TrainingRun run)
    {
        var metrics = Values(run.Metrics, "loss", "preference_loss", "nll_loss", "rewards/margins", "rewards/accuracies");
        var evaluation = Values(run.Evaluation, "eval_loss", "eval_rewards/margins", "eval_rewards/accuracies", "best_step");
        var evaluated = evaluation.Length == 0 ? "" : $"; after step {run.Evaluation!["step"]}: {evaluation}";
        var left = Pace.Of(null, run.RemainingSeconds);
        return (run.Steps, run.Step) switch
        {
            (null, _) => "preparing the data",
            ({ } steps, 0) => $"step 0 of {steps}",
            ({ } steps, var step) => $"step {step} of {steps}: {metrics}{evaluated}{left}",
        };
    }

    private static string Values(JsonNode? metrics, params string[] names) => string.Join(", ", names
        .Where(name => metrics?[name] is not null)
        .Select(name => string.Create(CultureInfo.InvariantCulture, $"{name} {metrics![name]!.GetValue<double>():0.####}")));

    private static JsonObject Read(string? json, double? rate)
    {
        JsonObject options;
        try
        {
            options = JsonNode.Parse(json ?? "{}") as JsonObject
                ?? throw new CommandException("--options must be a JSON object, such as '{\"num_train_epochs\": 2}'.");
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
