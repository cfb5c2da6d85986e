using System.CommandLine;
using System.Text.Json;
using SPaR.Cli.Client;
using SPaR.Cli.Commands;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Demo;

/// <summary><c>spar demo</c>: the main job on the tiny language, with everything started for it and stopped after it.</summary>
internal static class DemoCommand
{
    private const int MostInstructions = 100_000;

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output and nothing else there." };
        var keep = new Option<bool>("--keep") { Description = "Leave the service running afterwards, until Ctrl-C." };
        var seed = new Option<long>("--seed")
        {
            Description = "Seed of the instructions and of the run.",
            DefaultValueFactory = _ => 1,
        };
        var instructions = new Option<int>("--instructions")
        {
            Description = "How many instructions to generate.",
            DefaultValueFactory = _ => 200,
        };
        instructions.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MostInstructions)
                result.AddError($"--instructions must be 1 to {MostInstructions}.");
        });
        var command = new Command("demo", "Make preference pairs with a tiny real model, from start to end.")
        {
            json, keep, seed, instructions,
        };
        command.SetAction((arguments, stop) =>
        {
            var terminal = Terminal.Open();
            var options = new DemoOptions(
                arguments.GetValue(json), arguments.GetValue(keep), arguments.GetValue(seed), arguments.GetValue(instructions));
            return CommandEnd.OfAsync(
                terminal, () => RunAsync(SparOptions.OfThisClone(), options, terminal, TimeProvider.System, stop), stop);
        });
        return command;
    }

    internal static async Task RunAsync(
        SparOptions spar, DemoOptions options, Terminal terminal, TimeProvider time, CancellationToken stop)
    {
        terminal.Say("Starting PostgreSQL, the API and a worker.");
        await using var service = await SparProcesses.StartAsync(spar, terminal.Say, stop);
        using var http = SparClient.Connect(new(service.Url));
        var outcome = await new DemoJob(new(http), service.ModelsFolder, terminal, time).RunAsync(options, stop);
        if (options.Json)
            terminal.Out.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(outcome.Report, SnakeCase));
        else
            terminal.Out.Write(DemoPage.Draw(outcome, http.BaseAddress!, options.Keep));
        if (!options.Keep)
            return;
        terminal.Say($"The service goes on at {service.Url} until Ctrl-C.");
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
