using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using SPaR.Abstractions;
using Spectre.Console;

namespace SPaR.Benchmarks.Inference;

/// <summary><c>spar bench inference</c>.</summary>
internal static class InferenceCommand
{
    private static readonly WeightFormat[] Formats = [WeightFormat.F16, WeightFormat.Q8, WeightFormat.Q4];

    public static Task<int> RunAsync(string[] arguments)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output and nothing else there." };
        var model = new Option<FileInfo?>("--model") { Description = "A GGUF file; without it one of random weights is made." };
        model.Validators.Add(result =>
        {
            if (result.Tokens is [var path] && !File.Exists(path.Value))
                result.AddError($"--model: there is no file {path.Value}.");
        });
        var threads = new Option<int>("--threads")
        {
            Description = "That evaluate a batch; one per processor where left out.",
            CustomParser = Threads,
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var quantisation = new Option<string?>("--quantisation") { Description = "Of the model that is made; f16 where left out." };
        quantisation.AcceptOnlyFromAmong([.. Formats.Select(f => f.Name)]);
        var full = new Option<bool>("--full") { Description = "Every arm goes through all eight trees; takes three times as long." };
        var command = new Command("inference", "The text engine at the work of self-play.")
        {
            json, model, threads, quantisation, full, new HelpOption(),
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(model) is not null && result.GetResult(quantisation) is not null)
                result.AddError("--quantisation is for the model that is made: with --model leave it out.");
        });
        command.SetAction(async (parsed, _) =>
        {
            var format = Formats.Single(f => f.Name == (parsed.GetValue(quantisation) ?? WeightFormat.F16.Name));
            try
            {
                var report = await new InferenceBenchmark(
                    parsed.GetValue(model)?.FullName, format, parsed.GetValue(threads), parsed.GetValue(full)).RunAsync();
                if (parsed.GetValue(json))
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

    private static int Threads(ArgumentResult result)
    {
        if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var threads)
            && threads is >= 1 and <= 512)
            return threads;
        result.AddError("--threads must be a whole number from 1 to 512.");
        return 0;
    }
}
