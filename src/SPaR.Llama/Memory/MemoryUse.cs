using System.Globalization;
using System.Text.RegularExpressions;

namespace SPaR.Llama.Memory;

/// <summary>The memory that llama.cpp allocated for a model, read from its log lines: it has no function for it.</summary>
internal sealed partial class MemoryUse
{
    private const string Cache = "KV", Step = "compute", Logits = "output", Adapters = "LoRA", Weights = "model";

    private readonly Dictionary<string, double> _mebibytes = [];

    /// <param name="weights">Size of the base's loaded tensors, in bytes.</param>
    public MemoryPlan With(long weights) => new(weights, Of(Adapters), Of(Cache), Of(Step), Of(Logits));

    /// <summary>Bytes of weights that are copied instead of mapped: formats that llama.cpp repacks for the CPU.</summary>
    public long Copied => Of(Weights);

    /// <summary>Reads a line of llama.cpp's log.</summary>
    public void Read(string line)
    {
        if (Size().Match(line) is not { Success: true } match)
            return;
        var (what, size) = (match.Groups["what"].Value, double.Parse(match.Groups["mebibytes"].Value, CultureInfo.InvariantCulture));
        if (what == Weights && match.Groups["where"].Value == "CPU_Mapped")
            return;
        // Some families have several caches. With an adapter, the graph is reserved again, and the last size counts.
        _mebibytes[what] = what is Cache or Adapters or Weights ? _mebibytes.GetValueOrDefault(what) + size : size;
    }

    private long Of(string what) => (long)(_mebibytes.GetValueOrDefault(what) * 1048576);

    // sched_reserve:        CPU compute buffer size =    19.01 MiB
    // A GPU's own buffers have its name instead of CPU; its buffers in main memory end in _Host.
    [GeneratedRegex(@"\s(?<where>CPU\w*|\w+_Host)\s+(?<what>LoRA|KV|compute|output|model) buffer size =\s*(?<mebibytes>[\d.]+) MiB")]
    private static partial Regex Size();
}
