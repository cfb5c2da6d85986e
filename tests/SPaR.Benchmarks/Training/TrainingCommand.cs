using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using System.Text.Json;

namespace SPaR.Benchmarks.Training;

/// <summary><c>spar bench training</c>.</summary>
internal static class TrainingCommand
{
    public static int Run(string[] arguments)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object to standard output, and nothing else." };
        var family = new Option<string?>("--family") { Description = "The family of the shape." };
        family.AcceptOnlyFromAmong([.. PublishedShape.All.Select(s => s.Family).Distinct()]);
        var shape = new Option<string?>("--shape") { Description = "Measure one block of this published model instead." };
        shape.AcceptOnlyFromAmong([.. PublishedShape.All.Select(s => s.Name)]);
        var threads = new Option<int>("--threads")
        {
            Description = "Threads that compute the block. Default: one per processor.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        threads.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() < 1)
                result.AddError("--threads must be at least 1.");
        });
        var command = new Command("training", "Measure training steps against their own matrix products.")
        {
            json, family, shape, threads, new HelpOption(),
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(shape) is null && (result.GetResult(family) ?? result.GetResult(threads)) is { Implicit: false })
                result.AddError("--family and --threads apply to a shape: add --shape.");
            if (result.GetValue(family) is { } named && Shape(result.GetValue(shape)) is { } chosen && chosen.Family != named)
                result.AddError($"--family: {chosen.Name} is of the family {chosen.Family}.");
        });
        command.SetAction(parsed => Print(
            Shape(parsed.GetValue(shape)) is { } chosen ? ShapeBenchmark.Run(chosen, parsed.GetValue(threads)) : TrainingBenchmark.Run(),
            parsed.GetValue(json)));
        return command.Parse(arguments).Invoke();
    }

    private static PublishedShape? Shape(string? name) => PublishedShape.All.FirstOrDefault(s => s.Name == name);

    private static int Print(Dictionary<string, object> metrics, bool json)
    {
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(metrics));
        else
            foreach (var (name, value) in metrics)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-30} {value}"));
        return 0;
    }
}
