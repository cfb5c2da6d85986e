using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Llama;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.MicroWorld;
using SPaR.MicroWorld.Bootstrap;
using SPaR.Service.Recipes;

namespace SPaR.Host;

/// <summary>Trains the tiny language's first model, <c>--role bootstrap --folder DIR --seed N --output FILE</c>: prepares the folder,
/// trains in it, evaluates the model through the inference engine and writes the model and its card. Prints one JSON object. Exit codes are
/// those of <see cref="TrainerRole"/>; started again, it continues where it stopped.</summary>
internal static class BootstrapRole
{
    private const int Threads = 2, MaxSteps = 100_000;

    /// <summary>Fixed, so that the measures depend on the model only.</summary>
    private const long EvaluationSeed = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <exception cref="StartupException">An argument is missing or out of range.</exception>
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        var (folder, output) = (PathOf(configuration, "folder"), PathOf(configuration, "output"));
        var seed = ulong.TryParse(configuration["seed"], out var given)
            ? given
            : throw new StartupException($"--seed is '{configuration["seed"]}'; it must be a whole number, 0 or above.");
        var steps = StepsOf(configuration["steps"]);

        MicroBootstrap.Prepare(folder, seed, steps, Threads);
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        if (TrainingProcess.Run(folder) is var exitCode && exitCode != TrainingProcess.Finished)
            return exitCode;
        var seconds = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
        MicroBootstrap.Finish(folder, output, seed);

        var sha256 = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(output)));
        var measures = await MeasureAsync(output, sha256);
        var card = Path.Combine(Path.GetDirectoryName(output)!, ModelCard.FileName);
        await File.WriteAllTextAsync(card, ModelCard.Write(seed, steps, Means(measures)));
        Console.WriteLine(
            JsonSerializer.Serialize(new { Model = output, Card = card, sha256, seed, steps, CpuSeconds = seconds, measures }, Json));
        return TrainingProcess.Finished;
    }

    /// <summary>With the recipe that the model is meant for; the judge also with a single vote.</summary>
    private static async Task<IReadOnlyDictionary<string, Measure>> MeasureAsync(string path, string sha256)
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddLlamaEngine(new ConfigurationBuilder().Build().GetSection("Llama"))
            .BuildServiceProvider();
        var template = services.GetRequiredService<IModelInspector>().Inspect(path, null).Template;
        await using var model = await services.GetRequiredService<ITextEngine>().LoadAsync(
            new ModelFile(path, sha256, template), CancellationToken.None);
        var recipe = RecipeReader.Read(JsonDocument.Parse(MicroModel.ReadRecipe()).RootElement);
        var single = recipe with { Judge = recipe.Judge with { Votes = 1 } };
        var benchmark = new WorldBenchmark(new VerifiableMicroWorld());
        var models = new RunModels(model, model, model);
        var measures = await MeasuresAsync(recipe, benchmark.Own!);
        var byOneVote = await MeasuresAsync(single, [.. benchmark.Own!.Where(WorldBenchmark.IsProbe)]);
        return new Dictionary<string, Measure>(measures) { ["judge_accuracy_one_vote"] = byOneVote["judge_accuracy"] };

        async Task<IReadOnlyDictionary<string, Measure>> MeasuresAsync(Recipe measured, IReadOnlyList<BenchmarkItem> items) => Measures.Of(
            await UnstoredEvaluation.RunAsync(benchmark, items, models, measured, Decoding.Greedy, EvaluationSeed, CancellationToken.None));
    }

    private static Dictionary<string, double> Means(IReadOnlyDictionary<string, Measure> measures) =>
        measures.ToDictionary(m => m.Key, m => m.Value.Mean);

    private static string PathOf(IConfiguration configuration, string name) => configuration[name] is { Length: > 0 } given
        ? Path.GetFullPath(given)
        : throw new StartupException(
            $"--role bootstrap needs --{name}: {(name == "folder" ? "the folder to train in" : "the model file to write")}.");

    private static int StepsOf(string? text) =>
        text is null ? MicroBootstrap.Steps
        : int.TryParse(text, out var steps) && steps is >= 1 and <= MaxSteps ? steps
        : throw new StartupException($"--steps is '{text}'; it must be a whole number from 1 to {MaxSteps}.");
}
