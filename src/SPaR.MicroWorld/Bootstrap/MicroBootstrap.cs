using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SPaR.Abstractions;

namespace SPaR.MicroWorld.Bootstrap;

/// <summary>Makes the tiny language's first model: lays out a training folder (<see cref="TrainingFolder"/>), and takes the model out of
/// it when a trainer has done its work there. Neither trains nor measures.</summary>
/// <remarks>Everything derives from the seed: with as many threads on the same kind of processor, the same seed gives the same file,
/// bit for bit.</remarks>
public static class MicroBootstrap
{
    /// <summary>As many as make a usable model. The rate's schedule spans the steps, so that fewer make a worse one, not a part of
    /// it.</summary>
    public const int Steps = 800;

    private const int Batch = 48, WarmupSteps = 40;

    private const string FirstModel = "first.gguf", MadeOf = "made-of";

    /// <summary>Writes the first weights, the job and the examples. A folder that holds the same already is left as it is, so that its
    /// training goes on from its last checkpoint; one that holds anything else is emptied.</summary>
    public static void Prepare(string folder, ulong seed, int steps, int threads)
    {
        var job = new TrainingJob(TrainingMethod.Sft, Path.Combine(folder, FirstModel), Options(seed, steps, threads));
        var jobText = JsonSerializer.Serialize(job, TrainingJson.Options);
        var data = Data(seed, steps);
        using var first = new MemoryStream();
        MicroFile.WriteFirst(first, seed);
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
        // Last: a folder with the mark is whole.
        File.WriteAllText(mark, madeOf);
    }

    /// <summary>Writes the trained model under a description that names no place and no time.</summary>
    public static void Finish(string folder, string output, ulong seed)
    {
        using var model = new MemoryStream();
        MicroFile.WriteTrained(model, Path.Combine(folder, TrainingFolder.Model), seed);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        File.WriteAllBytes(output, model.ToArray());
    }

    private static TrainingOptions Options(ulong seed, int steps, int threads) => new()
    {
        Optimizer = "muon",
        LearningRate = 3e-3,
        MuonLearningRate = 0.02,
        Beta1 = 0.9,
        Beta2 = 0.95,
        Schedule = "wsd",
        Warmup = Math.Min(1, (double)WarmupSteps / steps),
        MaxGradNorm = 1,
        Epochs = 1,
        Batch = Batch,
        MicroBatch = Batch,
        Cutoff = Shape.Context,
        CheckpointEvery = 100,
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
