using System.Collections.Immutable;
using SPaR.Benchmarks;
using SPaR.Integration.Tests.Torch.Models;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Torch.Training;

/// <summary>The planned memory of a training against what its process took, on a model of 29 million weights.</summary>
public sealed class TrainingMemoryTests : IDisposable
{
    // Of a narrow adapter half the tensors are so small that their memory is kept.
    private const double Tolerance = 0.15, AdapterTolerance = 0.25;

    private static readonly RandomLlama Shape = new("29 M", 8192, 512, 8, 8, 4, 1536);

    private static readonly TrainingOptions Options = new()
    { LearningRate = 1e-5, BatchSize = 4, MicroBatchSize = 4, NumTrainEpochs = 1, Seed = 3, Threads = 1, MaxLength = 1024 };

    private static readonly Dictionary<string, (TrainingMethod Method, TrainingOptions Options, string Type)> Cases = new()
    {
        ["full on two threads"] = (TrainingMethod.Sft, Options with { Threads = 2 }, "F32"),
        ["an adapter on Q4_K"] = (TrainingMethod.Dpo, Options with { GradientCheckpointing = true, Lora = new() }, "Q4_K"),
    };

    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("spar memory ");
    private readonly TrainingFolders _folders = new();

    public static TheoryData<string> Names => [.. Cases.Keys];

    public void Dispose()
    {
        _folders.Dispose();
        _models.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_plan_is_what_the_process_takes(string name)
    {
        var (method, options, type) = Cases[name];
        var model = Path.Combine(_models.FullName, "model.gguf");
        Shape.Write(model);
        if (type != "F32")
            model = QuantisedFile.Write(Path.Combine(_models.FullName, $"{type}.gguf"), model, _ => QuantisedFile.Type(type));
        var folder = _folders.Make(name, method, options, Rows(method), model);

        var (code, log) = await TrainingFolders.RunAsync(folder);

        code.ShouldBe(0, log);
        var last = TrainingFolders.Metrics(folder)[^1];
        var (planned, used) = (TrainingFolders.Metric(last, "memory/planned"), TrainingFolders.Metric(last, "memory/used"));
        var tolerance = options.Lora is null ? Tolerance : AdapterTolerance;
        (planned / used).ShouldBeInRange(
            1 - tolerance, 1 + tolerance, $"{name}: {planned / 1e6:0} MB planned, {used / 1e6:0} MB used. {log}");
    }

    /// <summary>Three steps: memory grows until freed pieces fit what is allocated again.</summary>
    private static ImmutableArray<TrainingRow> Rows(TrainingMethod method)
    {
        var random = new MicroRandom(4);
        return [.. Enumerable.Range(0, 12).Select(i => method == TrainingMethod.Dpo
            ? new TrainingRow($"{i}", Prompt: Tokens(200), Chosen: Tokens(156), Rejected: Tokens(156))
            : new TrainingRow($"{i}", Tokens: Tokens(512), Targets: [.. Enumerable.Range(0, 512).Select(t => t > 255)]))];

        ImmutableArray<int> Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Below(Shape.Vocabulary))];
    }
}
