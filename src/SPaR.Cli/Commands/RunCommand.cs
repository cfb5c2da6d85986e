using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <param name="Model">The actor (<see cref="ModelNames"/>).</param>
/// <param name="Refiner">The refiner, named the same way; null for the actor.</param>
/// <param name="Recipe">A recipe's file or name.</param>
/// <param name="Upload">How the instructions are read (<see cref="UploadArguments"/>).</param>
/// <param name="Detach">Whether to end once the run has started.</param>
/// <param name="Estimate">Whether to show what the run would take, instead of starting it.</param>
internal sealed record RunOptions(
    FileInfo Instructions, string Model, string? Refiner, string? Template, string? Recipe, long? Seed, FileInfo Output, string Format,
    UploadChoice? Upload = null, string? Name = null, int? Rounds = null, bool Detach = false, int? Preview = null,
    RunTarget? Target = null, bool Estimate = false);

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
        var model = new Option<string>("--model") { Description = $"The actor. {ModelNames.Description}", Required = true };
        var refiner = new Option<string?>("--refiner") { Description = "The refiner, named the same way. Default: the actor." };
        var template = new Option<string?>("--template")
        {
            Description = "The chat template's name, if the one in the file is not recognised.",
        };
        var recipe = new Option<string?>("--recipe") { Description = "A recipe: a JSON file, or a name from /v1/recipes." };
        var rounds = new Option<int?>("--rounds") { Description = "Rounds; more than one needs train in the recipe. Default: 1." };
        var seed = new Option<long?>("--seed") { Description = "The random seed of the run." };
        var name = new Option<string?>("--name") { Description = "The run's name." };
        var detach = new Option<bool>("--detach") { Description = "Start the run, print its id and do not wait." };
        var preview = new Option<int?>("--preview")
        {
            Description = "Try it on so many instructions, drawn at random; nothing is trained.",
        };
        var estimate = new Option<bool>("--estimate") { Description = "Show what the run would take; start nothing." };
        var target = new TargetArguments();
        var (output, format) = (ExportCommand.Output(), ExportCommand.Format());
        var lastAnswer = new Option<string?>("--last-answer") { Description = "drop takes the last answer off a conversation." };
        var upload = new UploadArguments();
        return ServiceCommand.Create(
            "run", "Make preference pairs from a file of instructions.",
            [file, model, refiner, template, recipe, rounds, seed, name, output, format, detach, preview, estimate, .. target.Options,
                .. upload.Options, lastAnswer],
            (arguments, session, cancellationToken) => RunAsync(
                session,
                new(arguments.GetRequiredValue(file), arguments.GetRequiredValue(model), arguments.GetValue(refiner),
                    arguments.GetValue(template), arguments.GetValue(recipe), arguments.GetValue(seed),
                    arguments.GetRequiredValue(output), arguments.GetRequiredValue(format),
                    upload.Read(arguments) with { LastAnswer = arguments.GetValue(lastAnswer) },
                    arguments.GetValue(name),
                    arguments.GetValue(rounds), arguments.GetValue(detach), arguments.GetValue(preview), target.Of(arguments),
                    arguments.GetValue(estimate)),
                cancellationToken));
    }

    internal static async Task RunAsync(Session session, RunOptions options, CancellationToken cancellationToken)
    {
        var (client, terminal) = (session.Client, session.Terminal);
        var recipe = ReadRecipe(options.Recipe);
        var actor = await ModelNames.IdAsync(client, options.Model, cancellationToken, options.Template);
        var refiner = await ModelNames.IdOrNullAsync(client, options.Refiner, cancellationToken, options.Template);
        await using var instructions = options.Instructions.OpenRead();
        var set = await client.SubmitInstructionSetAsync(
            instructions, null, options.Upload?.Unknown, options.Upload?.Map, options.Upload?.SkipInvalid, options.Instructions.Name,
            options.Upload?.LastAnswer, cancellationToken: cancellationToken);
        UploadArguments.Report(terminal, set.Upload);
        var request = new RunRequest
        {
            InstructionSet = set.Id,
            Actor = actor,
            Refiner = refiner,
            Seed = options.Seed,
            Name = options.Name,
            Rounds = options.Rounds,
            Preview = options.Preview,
            Target = options.Target,
            AdditionalFields = JsonFile.Field("recipe", recipe),
        };
        if (options.Estimate)
        {
            terminal.Say($"{set.Count} instructions: {set.Id} is uploaded, and nothing is started.");
            var estimated = await client.EstimateRunAsync(request, cancellationToken);
            session.Show(estimated, () => JsonTable.OfFields(estimated));
            return;
        }

        var run = await client.StartRunAsync(request, cancellationToken: cancellationToken);
        if (options.Detach)
        {
            session.Show(new JsonObject { ["id"] = run.Id }, () => new Text($"{run.Id}\n"));
            return;
        }

        terminal.Say($"{set.Count} instructions: run {run.Id}. Ctrl-C stops waiting, and the run continues in the service:");
        terminal.Say($"  ./spar runs wait {run.Id}, ./spar export {run.Id}, ./spar runs cancel {run.Id}");
        run = await new RunFollower(client, terminal, session.Time).FollowAsync(run.Id, cancellationToken);
        await ExportCommand.WriteAsync(session, run.Id, options.Format, options.Output, cancellationToken);
        terminal.Say($"{run.Pairs.Count} pairs in {options.Output.FullName}");
        if (session.Json)
            session.Show(run, () => Text.Empty);
    }

    /// <param name="given">A file, or a name that the service knows.</param>
    internal static JsonNode? ReadRecipe(string? given)
    {
        if (given is null)
            return null;
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
}
