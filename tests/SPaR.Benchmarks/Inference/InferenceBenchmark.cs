using System.Globalization;
using SPaR.Llama.Inspection;

namespace SPaR.Benchmarks.Inference;

/// <summary>Compares the text engine under the load of self-play with one request at a time and with the bare evaluations. The ratios
/// matter; absolute figures depend on the machine.</summary>
/// <param name="model">A file, or null for a model of random weights.</param>
/// <param name="full">Whether the slow arms run all trees too.</param>
internal sealed class InferenceBenchmark(string? model, WeightFormat format, int threads, bool full)
{
    private static readonly int[] ResidentCells = [0, 1536, 16_384];

    public async Task<InferenceReport> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("spar bench ");
        try
        {
            return await MeasureAsync(model is null ? WriteModel(folder.FullName) : Inspect(model));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private ModelFile WriteModel(string folder)
    {
        Say("writing the model");
        var path = Path.Combine(folder, "model.gguf");
        RandomLlama.Inference.Write(path, format, new WordVocabulary(RandomLlama.Inference.Vocabulary));
        return new ModelFile(path, "", WordVocabulary.Template);
    }

    private static ModelFile Inspect(string path) => new(path, "", new GgufInspector().Inspect(path, null).Template);

    private async Task<InferenceReport> MeasureAsync(ModelFile file)
    {
        var trace = new StepTrace();
        var texts = await TextsAsync(file);
        var arms = new InferenceArms(file, threads, new Workload(WorkloadShape.Whole, texts));
        int[] all = [.. Enumerable.Range(0, WorkloadShape.Whole.Trees)], some = full ? all : [WorkloadTexts.Typical];
        Say("spar: 8 trees at once");
        var (spar, done) = await arms.EngineAsync(all, trace);
        Report(spar);
        Say("ceiling: replaying its steps");
        var ceiling = Report(arms.Ceiling(trace, done, all.Length));
        Say($"sequential: {some.Length} of 8 trees");
        var sequential = Report(await arms.SequentialAsync(some, share: false));
        Say($"sequential_shared: {some.Length} of 8 trees");
        var shared = Report(await arms.SequentialAsync(some, share: true));
        var resident = await ResidentAsync(arms, full ? all : all[..4]);
        Say("batch_shapes");
        var shapes = await new BatchShapes(file, threads, arms, texts).MeasureAsync();
        Say("sampler_microseconds");
        var sampler = SamplerCosts.Measure();
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
            // One request at a time computes every prompt whole, so its prefill is known for all trees.
            Math.Round((double)spar.PrefillTokens / done.PromptTokens, 4),
            sampler, resident, shapes);
    }

    private async Task<WorkloadTexts> TextsAsync(ModelFile file)
    {
        await using var loaded = new InferenceArms(file, threads, null!).Load(new StepTrace());
        return new WorkloadTexts(text => loaded.Tokenize(text).Length, 30_000);
    }

    private static async Task<IReadOnlyList<ResidentCellsArm>> ResidentAsync(InferenceArms arms, int[] trees)
    {
        var resident = new List<ResidentCellsArm>();
        foreach (var cells in ResidentCells)
        {
            Say($"resident_cells: {cells}, {trees.Length} of 8 trees");
            var (arm, _) = await arms.EngineAsync(trees, new StepTrace(), cells);
            Report(arm);
            resident.Add(new(cells, arm.TokensGenerated, arm.PrefillTokens, arm.Seconds, arm.TreesMeasured));
        }
        return resident;
    }

    private static void Say(string what) => Console.Error.WriteLine($"measuring {what}");

    private static Arm Report(Arm arm)
    {
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {arm.TokensPerSecond} tokens a second"));
        return arm;
    }
}
