using System.Globalization;
using System.Text.RegularExpressions;

namespace SPaR.Llama.Memory;

/// <summary>What llama.cpp says that it took of the machine's memory for a context, gathered from its log lines: it has no function that tells.</summary>
internal sealed partial class MemoryUse
{
    private const string Cache = "KV", Step = "compute", Logits = "output", Adapters = "LoRA";

    private readonly Dictionary<string, double> _mebibytes = [];

    /// <param name="weights">Of the base, in bytes: the tensors that llama.cpp loaded.</param>
    public MemoryPlan With(long weights) => new(weights, Of(Adapters), Of(Cache), Of(Step), Of(Logits));

    /// <summary>Takes a line of llama.cpp's log.</summary>
    public void Hear(string line)
    {
        if (Size().Match(line) is not { Success: true } match)
            return;
        var (what, size) = (match.Groups["what"].Value, double.Parse(match.Groups["mebibytes"].Value, CultureInfo.InvariantCulture));
        // Some families have a cache for some layers and another for the rest. With an adapter the graph is reserved again, and the
        // last size stands.
        _mebibytes[what] = what is Cache or Adapters ? _mebibytes.GetValueOrDefault(what) + size : size;
    }

    private long Of(string what) => (long)(_mebibytes.GetValueOrDefault(what) * 1048576);

    // sched_reserve:        CPU compute buffer size =    19.01 MiB
    // What a graphics processor holds has its name in that place; what is held here for it ends in _Host.
    [GeneratedRegex(@"\s(CPU\w*|\w+_Host)\s+(?<what>LoRA|KV|compute|output) buffer size =\s*(?<mebibytes>[\d.]+) MiB")]
    private static partial Regex Size();
}
