using System.Globalization;
using SPaR.Abstractions;
using SPaR.Llama.Inspection;

namespace SPaR.Benchmarks.Inference;

/// <summary>The text engine at the work of self-play, against one request at a time and against the evaluations alone. The ratios
/// matter; the absolute figures are the machine's.</summary>
/// <param name="model">A file, or null for one of random weights.</param>
/// <param name="full">Whether the arms that take long go through all trees too.</param>
internal sealed class InferenceBenchmark(string? model, WeightFormat format, int threads, bool full)
{
    private static readonly int[] ResidentCells = [0, 1536, 16_384];

    public async Task<InferenceReport> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("spar bench ");
        try
        {
            return await MeasureAsync(model is null ? Written(folder.FullName) : Given(model));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private ModelFile Written(string folder)
    {
        Say("writing the model");
        var path = Path.Combine(folder, "model.gguf");
        RandomLlama.Inference.Write(path, format, new WordVocabulary(RandomLlama.Inference.Vocabulary));
        return new ModelFile(path, "", WordVocabulary.Template);
    }

    private static ModelFile Given(string path) => new(path, "", new GgufInspector().Inspect(path, null).Template);

    private async Task<InferenceReport> MeasureAsync(ModelFile file)
    {
        var trace = new StepTrace();
        var passages = await PassagesAsync(file);
        var arms = new InferenceArms(file, threads, new Workload(WorkloadShape.Whole, passages));
        int[] all = [.. Enumerable.Range(0, WorkloadShape.Whole.Trees)], part = full ? all : [Passages.Typical];
        Say("spar: 8 trees at once");
        var (spar, done) = await arms.EngineAsync(all, trace);
        Seen(spar);
        Say("ceiling: its steps again");
        var ceiling = Seen(arms.Ceiling(trace, done, all.Length));
        Say($"sequential: {part.Length} of 8 trees");
        var sequential = Seen(await arms.SequentialAsync(part, share: false));
        Say($"sequential_shared: {part.Length} of 8 trees");
        var shared = Seen(await arms.SequentialAsync(part, share: true));
        var resident = await ResidentAsync(arms, full ? all : all[..4]);
        Say("batch_shapes");
        var shapes = await new BatchShapes(file, threads, arms, passages).MeasureAsync();
        Say("sampler_microseconds");
        var drawing = SamplerCosts.Measure();
        return new(
            model is null ? $"a random Llama of {RandomLlama.Inference.Name} parameters" : Path.GetFileName(model),
            model is null ? format.Name : new GgufInspector().Inspect(model, null).FileType, threads, trace.Cells,
            new Dictionary<string, Arm>
            {
                [InferenceReport.Sequential] = sequential,
                [InferenceReport.SequentialShared] = shared,
                [InferenceReport.Spar] = spar,
                [InferenceReport.Ceiling] = ceiling,
            },
            Math.Round(spar.TokensPerSecond / sequential.TokensPerSecond, 2),
            Math.Round(spar.TokensPerSecond / shared.TokensPerSecond, 2),
            Math.Round(ceiling.Seconds / spar.Seconds, 3),
            // One request at a time computes every prompt whole, so all trees' is known without running them.
            Math.Round((double)spar.PrefillTokens / done.PromptTokens, 4),
            drawing, resident, shapes);
    }

    private async Task<Passages> PassagesAsync(ModelFile file)
    {
        await using var loaded = new InferenceArms(file, threads, null!).Load(new StepTrace());
        return new Passages(text => loaded.Tokenize(text).Length, 30_000);
    }

    private static async Task<IReadOnlyList<ResidentCellsArm>> ResidentAsync(InferenceArms arms, int[] trees)
    {
        var resident = new List<ResidentCellsArm>();
        foreach (var cells in ResidentCells)
        {
            Say($"resident_cells: {cells}, {trees.Length} of 8 trees");
            var (arm, _) = await arms.EngineAsync(trees, new StepTrace(), cells);
            Seen(arm);
            resident.Add(new(cells, arm.TokensGenerated, arm.PrefillTokens, arm.Seconds, arm.TreesMeasured));
        }
        return resident;
    }

    private static void Say(string what) => Console.Error.WriteLine($"measuring {what}");

    private static Arm Seen(Arm arm)
    {
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {arm.TokensPerSecond} tokens a second"));
        return arm;
    }
}
