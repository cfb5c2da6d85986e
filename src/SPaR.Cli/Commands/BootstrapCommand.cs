using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Cli.Processes;
using SPaR.Cli.Supervision;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar bootstrap</c>: trains the tiny language's first model from scratch, in its own process, and evaluates it. Needs no
/// service.</summary>
internal static class BootstrapCommand
{
    private const int Stopped = 3;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var seed = new Option<long>("--seed")
        {
            Description = "The random seed; 12 gives the model that ships.",
            DefaultValueFactory = _ => 12,
        };
        seed.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() < 0)
                result.AddError("--seed must be 0 or above.");
        });
        var output = new Option<string?>("--output")
        {
            Description = "The model's file; MODEL_CARD.md is written next to it. Default: in .spar/bootstrap.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output." };
        var command = new Command("bootstrap", "Train the tiny language's first model from scratch and evaluate it (minutes).")
        {
            seed, output, json,
        };
        command.SetAction((arguments, cancellationToken) =>
        {
            var terminal = Terminal.Open();
            return CommandEnd.OfAsync(
                terminal,
                () => RunAsync(
                    SparOptions.OfThisClone(), arguments.GetValue(seed), arguments.GetValue(output), arguments.GetValue(json), terminal,
                    cancellationToken),
                cancellationToken);
        });
        return command;
    }

    internal static async Task RunAsync(
        SparOptions spar, long seed, string? output, bool json, Terminal terminal, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"seed-{seed}");
        var folder = Path.Combine(spar.Folder, "bootstrap", name);
        var model = Path.GetFullPath(output ?? Path.Combine(spar.Folder, "bootstrap", $"{name}-model", "micro.gguf"));
        terminal.Say($"Training in {folder}. If stopped, the same command resumes from the last checkpoint.");
        var report = JsonNode.Parse(await TrainAsync(spar, folder, name["seed-".Length..], model, cancellationToken))!.AsObject();
        if (json)
            terminal.Out.Profile.Out.Writer.WriteLine(report.ToJsonString(Indented));
        else
            terminal.Out.Write(Draw(report));
    }

    /// <returns>What the process printed.</returns>
    private static async Task<string> TrainAsync(
        SparOptions spar, string folder, string seed, string model, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(
            spar.Host[0], [.. spar.Host.Skip(1), "--role", "bootstrap", "--folder", folder, "--seed", seed, "--output", model])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var printed = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode switch
            {
                0 => printed,
                Stopped => throw new CommandException("The training was stopped. Run the same command to resume it."),
                var code => throw new CommandException($"The bootstrap ended with exit code {code}; its output is above."),
            };
        }
        finally
        {
            // Asked to stop, it finishes the step in progress and writes a checkpoint.
            await Signals.StopAsync(process, spar.Grace);
        }
    }

    private static Table Draw(JsonObject report)
    {
        var table = new Table { Border = TableBorder.Rounded, Caption = new(Markup.Escape($"{report["model"]}")) };
        table.AddColumn("measure").AddColumn(new TableColumn("mean").RightAligned()).AddColumn("95 % interval");
        foreach (var (name, measure) in report["measures"]!.AsObject())
            table.AddRow(
                new Text(name), new Text(Share(measure!["mean"])), new Text($"{Share(measure["low"])} to {Share(measure["high"])}"));
        return table;

        static string Share(JsonNode? number) => number!.GetValue<double>().ToString("0.000", CultureInfo.InvariantCulture);
    }
}
