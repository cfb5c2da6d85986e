using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch.Optimisers;

/// <summary>Walks through tensors of one shape in slices that fit the processor's cache: an update reads and writes each number several
/// times, and memory only once.</summary>
internal static class Slices
{
    // 256 KiB in F32, a tenth of a second-level cache or so for each tensor that takes part.
    private const long Numbers = 1 << 16;

    // 256 MiB in F32: a device wants much work at a time, and what an update makes beside its tensors is held to that.
    private const long NumbersOnDevice = 1 << 26;

    /// <param name="tensors">Contiguous.</param>
    /// <param name="act">Gets views of the same part of each; what it makes is disposed of.</param>
    public static void ForEach(Tensor[] tensors, Action<Tensor[]> act)
    {
        using var scope = NewDisposeScope();
        var flat = tensors.Select(t => t.view(-1)).ToArray();
        var most = tensors[0].device.type == DeviceType.CPU ? Numbers : NumbersOnDevice;
        for (var start = 0L; start < flat[0].shape[0]; start += most)
        {
            using var slice = NewDisposeScope();
            var length = Math.Min(most, flat[0].shape[0] - start);
            act([.. flat.Select(t => t.narrow(0, start, length))]);
        }
    }
}
