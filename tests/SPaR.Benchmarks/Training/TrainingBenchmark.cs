using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SPaR.Benchmarks.Training;

/// <summary>How much of a training step is the matrix products that cannot be spared, and what threads, shared prompts, adapters and
/// checkpoints make of it. The ratios matter; the absolute figures are the machine's.</summary>
internal static class TrainingBenchmark
{
    private const string CoreType = "SPAR_OPENBLAS_CORETYPE";

    // OpenBLAS's names of kernels for x86; one that this processor or build has not is taken for another.
    private static readonly string[] KernelNames = ["Haswell", "Zen", "SkylakeX", "Cooperlake"];

    public static int Run(bool json)
    {
        var own = 0.0;
        var fastest = new Dictionary<string, double>();
        // In turn, twice: a busy moment hits all of them.
        for (var round = 0; round < 2; round++)
        {
            own = Math.Max(own, Arm(TrainingArms.Kernels, null)["gflops"]);
            foreach (var name in KernelNames)
                fastest[name] = Math.Max(fastest.GetValueOrDefault(name), Arm(TrainingArms.Kernels, name)["gflops"]);
        }
        var best = fastest.MaxBy(k => k.Value);
        // Within 5 % kernels are the same; beyond it the products are what they would be with the faster ones.
        var handicap = own < 0.95 * best.Value ? own / best.Value : 1;
        var (small, large) = (Arm(TrainingArms.Small, null), Arm(TrainingArms.Large, null));
        var figures = new Dictionary<string, object>
        {
            ["sgemm_gflops"] = Math.Round(Math.Max(own, best.Value), 1),
            ["sgemm_gflops_of_the_trainer"] = Math.Round(own, 1),
            ["fastest_kernels"] = best.Key,
            ["share_small"] = Round(small["share"] * handicap),
            ["share_40m"] = Round(large["share"] * handicap),
            ["scaling_2_threads"] = Round(small["scaling_2_threads"]),
            ["dpo_over_sft"] = Round(small["dpo_over_sft"]),
            ["peak_bytes_40m"] = (long)Arm(TrainingArms.Peak, null)["peak_bytes"],
            ["peak_bytes_40m_checkpointed"] = (long)Arm(TrainingArms.Checkpointed, null)["peak_bytes"],
            ["lora_over_full_40m"] = Round(large["lora_over_full"]),
            ["model_gflops_small"] = Math.Round(small["model_gflops"], 1),
            ["model_gflops_40m"] = Math.Round(large["model_gflops"], 1),
        };
        if (small.TryGetValue("binding_overhead", out var binding))
            figures["binding_overhead"] = Math.Round(binding, 4);
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(figures));
        else
            foreach (var (name, value) in figures)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-30} {value}"));
        return 0;
    }

    private static double Round(double ratio) => Math.Round(ratio, 3);

    /// <param name="kernels">Null for those that the trainer takes.</param>
    private static Dictionary<string, double> Arm(string arm, string? kernels)
    {
        Console.Error.WriteLine($"measuring {arm}{(kernels is null ? "" : $" with OpenBLAS's {kernels}")}");
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(TrainingBenchmark).Assembly.Location, "training", TrainingArms.Option, arm])
        {
            RedirectStandardOutput = true,
        };
        if (kernels is not null)
            start.Environment[CoreType] = kernels;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Dictionary<string, double>>(output)!
            : throw new InvalidOperationException($"The arm {arm} of the benchmark failed, see above.");
    }
}
