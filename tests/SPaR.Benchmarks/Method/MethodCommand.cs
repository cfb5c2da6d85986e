using System.CommandLine;
using System.CommandLine.Help;
using Spectre.Console;

namespace SPaR.Benchmarks.Method;

/// <summary><c>spar bench scaling</c> and <c>spar bench judging</c>: the method on the tiny language, with their common
/// options.</summary>
internal static class MethodCommand
{
    private const int MostInstructions = 500, MostProbes = 200;

    private static readonly Option<bool> Json =
        new("--json") { Description = "Print only one JSON object to standard output." };

    private static readonly Option<FileInfo?> Model =
        new("--model") { Description = "Use another GGUF file of the tiny language, such as a trained one." };

    private static readonly Option<long> Seed = new("--seed") { Description = "The random seed.", DefaultValueFactory = _ => 1 };

    private static readonly Option<int> Threads = Number("--threads", "Threads that evaluate a batch.", 1, 512);

    public static Task<int> ScalingAsync(string[] arguments)
    {
        var items = Number("--instructions", "Held-out instructions to answer in each way.", 100, MostInstructions);
        var svg = new Option<FileInfo>("--svg")
        {
            Description = "File for the plot.",
            DefaultValueFactory = _ => new(Path.Combine(".spar", "scaling.svg")),
        };
        var command = Command("scaling", "Accuracy against the number of generations, for each way of answering.", items, svg);
        return RunAsync(command, arguments, async (micro, parsed) =>
        {
            var report = await new ScalingBenchmark(micro, parsed.GetValue(Seed)).RunAsync(parsed.GetValue(items));
            var path = parsed.GetValue(svg)!.FullName;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, report.ToSvg());
            await Console.Error.WriteLineAsync($"wrote the plot to {path}");
            return report;
        });
    }

    public static Task<int> JudgingAsync(string[] arguments)
    {
        var items = Number("--probes", "Drafts to judge in each way.", 200, MostProbes);
        var command = Command("judging", "Compare the ways to judge: how often they are right, and what they cost.", items);
        return RunAsync(command, arguments, async (micro, parsed) =>
            await new JudgingBenchmark(micro, parsed.GetValue(Seed)).RunAsync(parsed.GetValue(items)));
    }

    private static Command Command(string name, string description, params Option[] options)
    {
        var command = new Command(name, description) { Json, Model, Seed, Threads, new HelpOption() };
        foreach (var option in options)
            command.Add(option);
        return command;
    }

    private static Task<int> RunAsync(Command command, string[] arguments, Func<MicroModels, ParseResult, Task<IMethodReport>> measure)
    {
        command.SetAction(async (parsed, _) =>
        {
            try
            {
                await using var micro = MicroModels.Load(parsed.GetValue(Model)?.FullName, parsed.GetValue(Threads));
                var report = await measure(micro, parsed);
                if (parsed.GetValue(Json))
                    Console.WriteLine(report.ToJson());
                else
                    report.Draw(AnsiConsole.Console);
                return 0;
            }
            catch (ModelRejectedException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command.Parse(arguments).InvokeAsync();
    }

    private static Option<int> Number(string name, string description, int otherwise, int most)
    {
        var option = new Option<int>(name) { Description = $"{description} 1 to {most}.", DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, out var value) && value >= 1 && value <= most))
                result.AddError($"{name} must be a whole number from 1 to {most}.");
        });
        return option;
    }
}
