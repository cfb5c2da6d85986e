using System.Globalization;
using System.Text.RegularExpressions;

namespace SPaR.Llama.Memory;

/// <summary>What llama.cpp took of the machine's memory for a model, gathered from its log lines: it has no function that tells.</summary>
internal sealed partial class MemoryUse
{
    private const string Cache = "KV", Step = "compute", Logits = "output", Adapters = "LoRA", Weights = "model";

    private readonly Dictionary<string, double> _mebibytes = [];

    /// <param name="weights">Of the base, in bytes: the tensors that llama.cpp loaded.</param>
    public MemoryPlan With(long weights) => new(weights, Of(Adapters), Of(Cache), Of(Step), Of(Logits));

    /// <summary>Weights that are copied, not mapped from their file, in bytes: formats that llama.cpp repacks for the CPU.</summary>
    public long Copied => Of(Weights);

    /// <summary>Takes a line of llama.cpp's log.</summary>
    public void Hear(string line)
    {
        if (Size().Match(line) is not { Success: true } match)
            return;
        var (what, size) = (match.Groups["what"].Value, double.Parse(match.Groups["mebibytes"].Value, CultureInfo.InvariantCulture));
        if (what == Weights && match.Groups["where"].Value == "CPU_Mapped")
            return;
        // Some families have a cache for some layers and another for the rest. With an adapter the graph is reserved again, and the
        // last size stands.
        _mebibytes[what] = what is Cache or Adapters or Weights ? _mebibytes.GetValueOrDefault(what) + size : size;
    }

    private long Of(string what) => (long)(_mebibytes.GetValueOrDefault(what) * 1048576);

    // sched_reserve:        CPU compute buffer size =    19.01 MiB
    // What a graphics processor holds has its name in that place; what is held here for it ends in _Host.
    [GeneratedRegex(@"\s(?<where>CPU\w*|\w+_Host)\s+(?<what>LoRA|KV|compute|output|model) buffer size =\s*(?<mebibytes>[\d.]+) MiB")]
    private static partial Regex Size();
}
