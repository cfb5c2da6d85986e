using System.CommandLine;
using System.CommandLine.Help;
using SPaR.Cli.Postgres;
using SPaR.Cli.Supervision;
using Spectre.Console;

namespace SPaR.Benchmarks.Service;

/// <summary><c>spar bench service</c>.</summary>
internal static class ServiceCommand
{
    public static Task<int> RunAsync(string[] arguments)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object to standard output, and nothing else." };
        var pairs = Number("--pairs", "Pairs to export and import; a multiple of the instructions.", 1_000_000);
        var instructions = Number("--instructions", "Instructions to import.", 100_000);
        var seconds = Number("--seconds", "Seconds of requests.", 60);
        var connections = Number("--connections", "Connections of the requests.", 200);
        var rate = Number("--rate", "Requests a second.", 200);
        var streams = Number("--streams", "Event streams of a run.", 1000);
        var command = new Command("service", "Measure the API, the database and the queue beside a worker.")
        {
            json, pairs, instructions, seconds, connections, rate, streams, new HelpOption(),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var size = new ServiceSize(
                parsed.GetValue(pairs), parsed.GetValue(instructions), parsed.GetValue(seconds), parsed.GetValue(connections),
                parsed.GetValue(rate), parsed.GetValue(streams));
            // Validators do not see defaults.
            if (size.Pairs % size.Instructions != 0)
            {
                await Console.Error.WriteLineAsync(
                    "--pairs must be a multiple of --instructions: each round of the run has a pair for every instruction.");
                return 2;
            }

            try
            {
                var report = await ServiceBenchmark.RunAsync(size, cancellationToken);
                if (parsed.GetValue(json))
                    Console.WriteLine(report.ToJson());
                else
                    report.Draw(AnsiConsole.Console);
                return 0;
            }
            catch (Exception e) when (e is SupervisionException or PostgresUnavailableException)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command.Parse(arguments).InvokeAsync();
    }

    private static Option<int> Number(string name, string description, int otherwise)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, out var value) && value is >= 1 and <= 10_000_000))
                result.AddError($"{name} must be a whole number from 1 to 10000000.");
        });
        return option;
    }
}
