using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Cli.Client;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

/// <param name="Model">The actor: the id of a registered model, or a path in the service's models folder.</param>
/// <param name="Refiner">The refiner, named the same way; null for the actor.</param>
/// <param name="Recipe">A recipe's file or name.</param>
/// <param name="Upload">How the instructions are read (<see cref="UploadArguments"/>).</param>
internal sealed record RunOptions(
    FileInfo Instructions, string Model, string? Refiner, string? Template, string? Recipe, long? Seed, FileInfo Output, string Format,
    string Upload = "");

/// <summary><c>spar run</c>: makes a file of preference pairs from a file of instructions, using a running service.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("instructions")
        {
            Description = "The instructions: NDJSON, JSON, CSV or Parquet, with prompt or messages; also compressed with gzip.",
        };
        file.AcceptExistingOnly();
        var model = new Option<string>("--model")
        {
            Description = "The actor: a GGUF file in the service's models folder, or a model's id.",
            Required = true,
        };
        var refiner = new Option<string?>("--refiner") { Description = "The refiner: a file or an id. Default: the actor." };
        var template = new Option<string?>("--template")
        {
            Description = "The chat template's name, if the one in the file is not recognised.",
        };
        var recipe = new Option<string?>("--recipe") { Description = "A recipe: a JSON file, or a name from /v1/recipes." };
        var seed = new Option<long?>("--seed") { Description = "The random seed of the run." };
        var output = new Option<FileInfo>("--output")
        {
            Description = "The file to write the pairs to.",
            DefaultValueFactory = _ => new("preferences.jsonl"),
        };
        var format = new Option<string>("--format")
        {
            Description = "The format of the pairs: trl, llamafactory, openai or spar.",
            DefaultValueFactory = _ => "trl",
        };
        var url = new Option<Uri?>("--url")
        {
            Description = "The service's address. Default: the service of this clone.",
            CustomParser = ReadUrl,
        };
        var command = new Command("run", "Make preference pairs from a file of instructions.")
        {
            file, model, refiner, template, recipe, seed, output, format, url,
        };
        var upload = new UploadArguments().AddTo(command);
        var lastAnswer = new Option<string?>("--last-answer") { Description = "drop takes the last answer off a conversation." };
        command.Options.Add(lastAnswer);
        command.SetAction((arguments, cancellationToken) =>
        {
            var terminal = Terminal.Open();
            var options = new RunOptions(
                arguments.GetRequiredValue(file), arguments.GetRequiredValue(model), arguments.GetValue(refiner),
                arguments.GetValue(template), arguments.GetValue(recipe), arguments.GetValue(seed), arguments.GetRequiredValue(output),
                arguments.GetRequiredValue(format),
                upload.Query(arguments) + (arguments.GetValue(lastAnswer) is { } last ? $"&last_answer={Uri.EscapeDataString(last)}" : ""));
            return CommandEnd.OfAsync(
                terminal, () => RunAsync(arguments.GetValue(url), options, terminal, cancellationToken), cancellationToken);
        });
        return command;
    }

    internal static Uri? ReadUrl(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        result.AddError($"--url must be an address such as http://127.0.0.1:8765, not '{text}'.");
        return null;
    }

    private static async Task RunAsync(Uri? url, RunOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        using var http = ServiceKey.Connect(SparOptions.OfThisClone(), url);
        await RunAsync(new SparClient(http), options, terminal, TimeProvider.System, cancellationToken);
    }

    internal static async Task RunAsync(
        SparClient client, RunOptions options, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var recipe = options.Recipe is { } given ? ReadRecipe(given) : null;
        var actor = await ModelIdAsync(client, options.Model, options.Template, cancellationToken);
        var refiner = options.Refiner is { } path ? await ModelIdAsync(client, path, options.Template, cancellationToken) : null;
        await using var instructions = options.Instructions.OpenRead();
        var set = await client.SubmitInstructionsAsync(options.Instructions.Name, instructions, cancellationToken, options.Upload);
        UploadArguments.Report(terminal, set.Upload);
        var run = await client.StartRunAsync(new(set.Id, actor, refiner, recipe, options.Seed), cancellationToken);
        terminal.Say($"{set.Count} instructions: run {run.Id}. Ctrl-C stops waiting; the run continues in the service.");
        run = await new RunFollower(client, terminal, time).FollowAsync(run.Id, cancellationToken);
        await WriteAsync(client, run.Id, options, cancellationToken);
        terminal.Say($"{run.Pairs.Count} pairs in {options.Output.FullName}");
    }

    private static async Task<string> ModelIdAsync(
        SparClient client, string model, string? template, CancellationToken cancellationToken) =>
        model.StartsWith("mdl_", StringComparison.Ordinal)
            ? model
            : (await client.RegisterModelAsync(model, null, template, cancellationToken)).Id;

    private static JsonNode ReadRecipe(string given)
    {
        if (!File.Exists(given))
            return JsonValue.Create(given);
        try
        {
            return JsonNode.Parse(File.ReadAllText(given)) ?? throw new CommandException($"{given} is null; a recipe is a JSON object.");
        }
        catch (JsonException e)
        {
            throw new CommandException($"{given} is not JSON: {e.Message}");
        }
    }

    /// <summary>The file appears under its name only when it is complete.</summary>
    private static async Task WriteAsync(SparClient client, string run, RunOptions options, CancellationToken cancellationToken)
    {
        var part = options.Output.FullName + ".part";
        await using (var file = File.Create(part))
            await client.CopyPreferencesAsync(run, options.Format, file, cancellationToken);
        File.Move(part, options.Output.FullName, overwrite: true);
        if (options.Format == "llamafactory")
            await DatasetInfoFile.AddAsync(client, run, options.Output, cancellationToken);
    }
}
