using System.Diagnostics;
using System.Text.Json;
using SPaR.Torch.Native;
using static TorchSharp.torch;

namespace SPaR.Benchmarks.Training;

/// <summary>The arms of the training benchmark, each in its own process, so that none inherits another's memory. Prints one JSON object of
/// metrics.</summary>
internal static class TrainingArms
{
    public const string Option = "--arm";
    public const string Small = "small", Large = "large", Peak = "peak", Checkpointed = "checkpointed";

    private const int SmallRows = 32, SmallTime = 64, LargeRows = 4, LargeTime = 256;

    // Two fifths of an answer.
    private const int CommonBeginning = 34;

    public static int Run(string arm)
    {
        Libtorch.Load();
        FreedMemory.Keep();
        set_num_threads(1);
        var metrics = arm switch
        {
            Small => MeasureSmall(),
            Large => MeasureLarge(),
            Peak => PeakOf(checkpointing: false),
            Checkpointed => PeakOf(checkpointing: true),
            _ => throw new ArgumentException($"Unknown arm '{arm}'; use {Small}, {Large}, {Peak} or {Checkpointed}.", nameof(arm)),
        };
        Console.WriteLine(JsonSerializer.Serialize(metrics));
        return 0;
    }

    private static Dictionary<string, double> MeasureSmall()
    {
        using var file = new ModelOnDisk(RandomLlama.Small.Write);
        using var products = new MatrixProducts(RandomLlama.Small, SmallRows, SmallTime, SmallRows * (SmallTime - 1));
        using var one = TrainingStep.Sft(file.Path, RandomLlama.Small, SmallRows, SmallTime);
        using var two = TrainingStep.Sft(file.Path, RandomLlama.Small, SmallRows, SmallTime, threads: 2);
        using var dpo = TrainingStep.Dpo(file.Path, RandomLlama.Small, SmallRows, SmallTime);
        var best = Rounds.Best(25, products.Run, one.Run, dpo.Run);
        return new()
        {
            ["products_seconds"] = best[0],
            ["step_seconds"] = best[1],
            ["share"] = best[0] / best[1],
            ["scaling_2_threads"] = Environment.ProcessorCount < 2 ? double.NaN : Rounds.BestRatio(5, one.Run, two.Run),
            ["dpo_over_sft"] = dpo.Tokens / best[2] / (one.Tokens / best[1]),
            ["model_gflops"] = 1e-9 * products.Flops / best[1],
        };
    }

    private static Dictionary<string, double> MeasureLarge()
    {
        using var file = new ModelOnDisk(RandomLlama.Large.Write);
        using var products = new MatrixProducts(RandomLlama.Large, LargeRows, LargeTime, LargeRows * (LargeTime - 1));
        using var full = TrainingStep.Sft(file.Path, RandomLlama.Large, LargeRows, LargeTime);
        using var lora = TrainingStep.Sft(file.Path, RandomLlama.Large, LargeRows, LargeTime, lora: new LoraOptions());
        using var apart = TrainingStep.Dpo(file.Path, RandomLlama.Large, LargeRows, LargeTime);
        using var alike = TrainingStep.Dpo(file.Path, RandomLlama.Large, LargeRows, LargeTime, CommonBeginning);
        using var square = new SquareProducts();
        var best = Rounds.Best(6, products.Run, full.Run, lora.Run, square.Run, apart.Run, alike.Run);
        return new()
        {
            ["products_seconds"] = best[0],
            ["step_seconds"] = best[1],
            ["share"] = best[0] / best[1],
            ["lora_over_full"] = best[1] / best[2],
            ["dpo_common_tokens"] = (double)apart.Tokens / alike.Tokens,
            ["dpo_common_speed"] = best[4] / best[5],
            ["model_gflops"] = 1e-9 * products.Flops / best[1],
            ["sgemm_gflops"] = 1e-9 * SquareProducts.Flops / best[3],
        };
    }

    private static Dictionary<string, double> PeakOf(bool checkpointing)
    {
        using var file = new ModelOnDisk(RandomLlama.Large.Write);
        using var step = TrainingStep.Sft(file.Path, RandomLlama.Large, LargeRows, LargeTime, checkpointing: checkpointing);
        for (var i = 0; i < 3; i++)
            step.Run();
        return new() { ["peak_bytes"] = Process.GetCurrentProcess().PeakWorkingSet64 };
    }
}
