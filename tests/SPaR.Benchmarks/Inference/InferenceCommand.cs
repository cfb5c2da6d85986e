using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using Spectre.Console;

namespace SPaR.Benchmarks.Inference;

/// <summary><c>spar bench inference</c>.</summary>
internal static class InferenceCommand
{
    private static readonly WeightFormat[] Formats = [WeightFormat.F16, WeightFormat.Q8, WeightFormat.Q4];

    public static Task<int> RunAsync(string[] arguments)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object to standard output, and nothing else." };
        var model = new Option<FileInfo?>("--model") { Description = "A GGUF file. Default: a model of random weights." };
        model.Validators.Add(result =>
        {
            if (result.Tokens is [var path] && !File.Exists(path.Value))
                result.AddError($"--model: no file {path.Value}. Check the path.");
        });
        var threads = new Option<int>("--threads")
        {
            Description = "Threads that evaluate a batch. Default: one per processor.",
            CustomParser = Threads,
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var quantisation = new Option<string?>("--quantisation") { Description = "Format of the random weights. Default: f16." };
        quantisation.AcceptOnlyFromAmong([.. Formats.Select(f => f.Name)]);
        var full = new Option<bool>("--full") { Description = "Run all eight trees in every arm; takes three times as long." };
        var command = new Command("inference", "Measure the text engine under the load of self-play.")
        {
            json, model, threads, quantisation, full, new HelpOption(),
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(model) is not null && result.GetResult(quantisation) is not null)
                result.AddError("--quantisation applies to random weights only: leave it out with --model.");
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
