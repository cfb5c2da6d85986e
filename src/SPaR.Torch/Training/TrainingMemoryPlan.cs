using System.Globalization;
using SPaR.Gguf;
using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;

namespace SPaR.Torch.Training;

/// <summary>The memory that a training takes on the CPU, in bytes, computed from the model's header, the options and the longest rows.
/// DPO's reference takes none of its own: the model computes it before the first step.</summary>
/// <param name="Process">What the process holds without a model: .NET, libtorch, the rows.</param>
/// <param name="Weights">Master copies in F32; or, of frozen weights, the pages of the mapped file.</param>
/// <param name="Adapters">Of LoRA.</param>
/// <param name="Gradients">A copy for each thread.</param>
/// <param name="Optimiser">Its state.</param>
/// <param name="Activations">What all passes at once keep for their backward pass, and compute on the way.</param>
/// <param name="Converted">Weights in the type of the passes, in each of them.</param>
internal sealed record TrainingMemoryPlan(
    long Process, long Weights, long Adapters, long Gradients, long Optimiser, long Activations, long Converted)
{
    private const int F32 = 4;

    // Measured: what .NET and libtorch take in addition once they compute.
    private const long Computing = 80 << 20;

    public long Peak => Process + Weights + Adapters + Gradients + Optimiser + Activations + Converted;

    /// <param name="path">The model's file.</param>
    /// <param name="shape">Of the largest pass of a thread.</param>
    /// <param name="threads">Each has its own gradients, also without work.</param>
    /// <param name="process">What the process holds before the model is loaded.</param>
    /// <param name="heldOut">Of the largest pass on held-out rows; null without such rows.</param>
    public static TrainingMemoryPlan Of(
        string path, GgufFile file, ModelConfig config, TrainingOptions options, TrainingShape shape, int threads, long process,
        TrainingShape? heldOut = null)
    {
        var trained = Trained(path, file, config, options.Lora).ToArray();
        var numbers = trained.Sum(t => t.Numbers);
        var pass = Pass(shape);
        return new(
            process + Computing,
            options.Lora is null ? file.Tensors.Sum(t => t.Elements) * F32 : file.Tensors.Sum(t => t.Bytes),
            options.Lora is null ? 0 : numbers * F32,
            threads * numbers * F32,
            trained.Sum(t => StateOf(t.Name, t.Numbers, t.Matrix, options.Optim)),
            // An evaluation comes after a step, whose activations are free by then.
            Math.Max(shape.Passes * pass.Activations, heldOut is { } rows ? rows.Passes * Pass(rows).Evaluation : 0),
            Math.Max(shape.Passes, heldOut?.Passes ?? 0) * pass.Converted);

        PassMemory Pass(TrainingShape of) => new(file, config, options, of);
    }

    public override string ToString() => $"{Gibibytes(Peak)} (process {Gibibytes(Process)}, weights {Gibibytes(Weights)}, "
        + $"adapters {Gibibytes(Adapters)}, gradients {Gibibytes(Gradients)}, optimiser {Gibibytes(Optimiser)}, "
        + $"activations {Gibibytes(Activations)}, converted weights {Gibibytes(Converted)})";

    public static string Gibibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.00} GiB");

    private static IEnumerable<(string Name, long Numbers, bool Matrix)> Trained(
        string path, GgufFile file, ModelConfig config, LoraOptions? lora) => lora is null
        ? file.Tensors.Where(t => t.Name != ModelTensors.FrequencyFactors).Select(t => (t.Name, t.Elements, t.Dimensions.Length == 2))
        : from matrix in LoraTargets.Of(path, config, file, lora.TargetModules)
          from width in matrix.Dimensions
          select (matrix.Name, width * lora.R, true);

    private static long StateOf(string name, long numbers, bool matrix, string optimizer) => optimizer switch
    {
        "muon" when matrix && name.StartsWith("blk.", StringComparison.Ordinal) => numbers * F32,
        "adamw_8bit" when numbers >= AdamW8Bit.SmallNumbers => 2 * (numbers + numbers / EightBitBlocks.BlockNumbers * F32),
        _ => 2 * numbers * F32,
    };
}
