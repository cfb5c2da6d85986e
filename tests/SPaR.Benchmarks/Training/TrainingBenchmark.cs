using System.Diagnostics;
using System.Text.Json;

namespace SPaR.Benchmarks.Training;

/// <summary>Measures which share of a training step the unavoidable matrix products take, and how threads, shared prompts, adapters and
/// checkpointing change it. The ratios matter; absolute values depend on the machine.</summary>
internal static class TrainingBenchmark
{
    public static Dictionary<string, object> Run()
    {
        var (small, large) = (Arm(TrainingArms.Small), Arm(TrainingArms.Large));
        return new()
        {
            ["sgemm_gflops"] = Math.Round(large["sgemm_gflops"], 1),
            ["share_small"] = Round(small["share"]),
            ["share_40m"] = Round(large["share"]),
            ["scaling_2_threads"] = Round(small["scaling_2_threads"]),
            ["dpo_over_sft"] = Round(small["dpo_over_sft"]),
            ["peak_bytes_40m"] = (long)Arm(TrainingArms.Peak)["peak_bytes"],
            ["peak_bytes_40m_checkpointed"] = (long)Arm(TrainingArms.Checkpointed)["peak_bytes"],
            ["lora_over_full_40m"] = Round(large["lora_over_full"]),
            ["dpo_common_tokens_40m"] = Round(large["dpo_common_tokens"]),
            ["dpo_common_speed_40m"] = Round(large["dpo_common_speed"]),
            ["model_gflops_small"] = Math.Round(small["model_gflops"], 1),
            ["model_gflops_40m"] = Math.Round(large["model_gflops"], 1),
            ["model_over_sgemm_40m"] = Round(large["model_gflops"] / large["sgemm_gflops"]),
        };
    }

    private static double Round(double ratio) => Math.Round(ratio, 3);

    private static Dictionary<string, double> Arm(string arm)
    {
        Console.Error.WriteLine($"measuring {arm}");
        var start = new ProcessStartInfo(
            Environment.ProcessPath!, [typeof(TrainingBenchmark).Assembly.Location, "training", TrainingArms.Option, arm])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Dictionary<string, double>>(output)!
            : throw new InvalidOperationException($"The benchmark arm {arm} failed; its error is above.");
    }
}
