using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Cli.Client;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

/// <param name="Data">The id of a run, or a file with training data.</param>
/// <param name="Format">The file's format.</param>
/// <param name="Options">Hyper-parameters as the service names them.</param>
/// <param name="Upload">How the file is read (<see cref="UploadArguments"/>).</param>
internal sealed record TrainOptions(
    string Data, string Format, string Model, string Method, JsonObject Options, long? Seed, string? Name, string Upload = "");

/// <summary><c>spar train</c>: trains a model on a run's data or on a file, using a running service.</summary>
internal static class TrainCommand
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

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
        var model = new Option<string>("--model")
        {
            Description = "The model to train: a GGUF file in the service's models folder, or a model's id.",
            Required = true,
        };
        var method = new Option<string>("--method") { Description = "The training method: dpo or sft.", DefaultValueFactory = _ => "dpo" };
        var rate = new Option<double?>("--lr") { Description = "The learning rate. Default: the service's." };
        var more = new Option<string?>("--options") { Description = "Training options as a JSON object; see docs/training.md." };
        var seed = new Option<long?>("--seed") { Description = "The seed of shuffling and dropout." };
        var name = new Option<string?>("--name") { Description = "The training run's name." };
        var url = new Option<Uri?>("--url")
        {
            Description = "The service's address. Default: the service of this clone.",
            CustomParser = RunCommand.ReadUrl,
        };
        var command = new Command("train", "Train a model on the data of a run or of a file.")
        {
            data, format, model, method, rate, more, seed, name, url,
        };
        var upload = new UploadArguments().AddTo(command);
        command.SetAction((arguments, cancellationToken) =>
        {
            var terminal = Terminal.Open();
            return CommandEnd.OfAsync(
                terminal,
                () => RunAsync(
                    arguments.GetValue(url),
                    new(arguments.GetRequiredValue(data), arguments.GetRequiredValue(format), arguments.GetRequiredValue(model),
                        arguments.GetRequiredValue(method), Read(arguments.GetValue(more), arguments.GetValue(rate)),
                        arguments.GetValue(seed), arguments.GetValue(name), upload.Query(arguments)),
                    terminal, cancellationToken),
                cancellationToken);
        });
        return command;
    }

    internal static async Task RunAsync(
        SparClient client, TrainOptions options, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var model = options.Model.StartsWith("mdl_", StringComparison.Ordinal)
            ? options.Model
            : (await client.RegisterModelAsync(options.Model, null, null, cancellationToken)).Id;
        var run = await client.StartTrainingAsync(
            new(
                options.Method,
                model,
                await DatasetAsync(client, options, terminal, cancellationToken),
                options.Options,
                options.Seed,
                options.Name), cancellationToken);
        terminal.Say($"Training run {run.Id}. Ctrl-C stops waiting; the training continues in the service.");
        run = await FollowAsync(client, run, terminal, time, cancellationToken);
        if (run.Status != "succeeded")
            throw new CommandException(
                $"The training run {run.Id} {run.Status}. {run.Failure?.Message ?? $"See GET /v1/training-runs/{run.Id}."}");
        if (run.Result is { } result)
            terminal.Say($"model {result}: {(await client.GetModelAsync(result, cancellationToken)).Path} in the models folder");
        if (run.Adapter is { } adapter)
            terminal.Say($"adapter: {adapter.Path} in the models folder");
    }

    private static async Task RunAsync(Uri? url, TrainOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        using var http = ServiceKey.Connect(SparOptions.OfThisClone(), url);
        await RunAsync(new SparClient(http), options, terminal, TimeProvider.System, cancellationToken);
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
            options.Format, Path.GetFileName(options.Data), file, cancellationToken, options.Upload);
        UploadArguments.Report(terminal, dataset.Upload);
        return new() { ["upload"] = dataset.Id };
    }

    private static async Task<TrainingRunView> FollowAsync(
        SparClient client, TrainingRunView run, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var shown = 0;
        while (true)
        {
            if (run.Step > shown)
                terminal.Say(Line(run));
            shown = run.Step;
            if (run.Ended)
                return run;
            await Task.Delay(Poll, time, cancellationToken);
            run = await client.GetTrainingAsync(run.Id, cancellationToken);
        }
    }

    /// <summary>The current step, loss and margin.</summary>
    internal static string Line(TrainingRunView run)
    {
        string[] names = ["loss", "rewards/margins", "rewards/accuracies"];
        var metrics = names.Where(name => run.Metrics?[name] is not null)
            .Select(name => string.Create(CultureInfo.InvariantCulture, $"{name} {run.Metrics![name]!.GetValue<double>():0.####}"));
        var left = run.RemainingSeconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $", {seconds:0} s left") : "";
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
