using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SPaR.Abstractions;

namespace SPaR.MicroWorld.Bootstrap;

/// <summary>Creates the tiny language's first model: prepares a training folder (<see cref="TrainingFolder"/>), and extracts the model once
/// a trainer has finished there. Does not train or measure.</summary>
/// <remarks>Everything derives from the seed: with the same number of threads on the same kind of processor, the same seed gives the same
/// file, bit for bit.</remarks>
public static class MicroBootstrap
{
    /// <summary>Enough for a usable model. The schedule of the learning rate spans all steps, so a run of fewer steps is not the start of a
    /// longer one.</summary>
    public const int Steps = 800;

    private const int Batch = 48, WarmupSteps = 40;

    private const string FirstModel = "first.gguf", MadeOf = "made-of";

    /// <summary>Writes the initial weights, the job and the examples. A folder with the same content is left alone, so that its training
    /// resumes from the last checkpoint; any other content is deleted.</summary>
    public static void Prepare(string folder, ulong seed, int steps, int threads)
    {
        var job = new TrainingJob(TrainingMethod.Sft, Path.Combine(folder, FirstModel), Options(seed, steps, threads));
        var jobText = JsonSerializer.Serialize(job, TrainingJson.Options);
        var data = Data(seed, steps);
        using var first = new MemoryStream();
        MicroModelFile.WriteFirst(first, seed);
        var madeOf = Hash(first.ToArray(), Encoding.UTF8.GetBytes(jobText), Encoding.UTF8.GetBytes(data));
        var mark = Path.Combine(folder, MadeOf);
        if (File.Exists(mark) && File.ReadAllText(mark) == madeOf)
            return;

        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(job.Model, first.ToArray());
        File.WriteAllText(Path.Combine(folder, TrainingFolder.Job), jobText);
        File.WriteAllText(Path.Combine(folder, TrainingFolder.Data), data);
        // Written last: a folder with this file is complete.
        File.WriteAllText(mark, madeOf);
    }

    /// <summary>Writes the trained model with metadata that contain no path and no time.</summary>
    public static void Finish(string folder, string output, ulong seed)
    {
        using var model = new MemoryStream();
        MicroModelFile.WriteTrained(model, Path.Combine(folder, TrainingFolder.Model), seed);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        File.WriteAllBytes(output, model.ToArray());
    }

    private static TrainingOptions Options(ulong seed, int steps, int threads) => new()
    {
        Optim = "muon",
        LearningRate = 3e-3,
        MuonLearningRate = 0.02,
        AdamBeta1 = 0.9,
        AdamBeta2 = 0.95,
        LrSchedulerType = "warmup_stable_decay",
        WarmupRatio = Math.Min(1, (double)WarmupSteps / steps),
        MaxGradNorm = 1,
        NumTrainEpochs = 1,
        BatchSize = Batch,
        MicroBatchSize = Batch,
        MaxLength = Shape.Context,
        SaveSteps = 100,
        Seed = (long)(seed & long.MaxValue),
        Threads = threads,
    };

    private static string Data(ulong seed, int steps)
    {
        var lines = new StringBuilder();
        foreach (var row in new Examples(seed).Take(steps * Batch))
            lines.Append(JsonSerializer.Serialize(row, TrainingJson.Options)).Append('\n');
        return lines.ToString();
    }

    private static string Hash(params byte[][] parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
            hash.AppendData(SHA256.HashData(part));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
