using TorchSharp;

namespace SPaR.Torch.Optimisers;

/// <summary>Processes tensors of the same shape in slices that fit the CPU's cache: an update accesses each number several times, but
/// memory only once.</summary>
internal static class Slices
{
    // 256 KiB in F32, about a tenth of a second-level cache for each tensor.
    private const long Numbers = 1 << 16;

    // 256 MiB in F32: a GPU needs much work at a time, and this bounds the temporary tensors of an update.
    private const long NumbersOnDevice = 1 << 26;

    /// <param name="tensors">Contiguous.</param>
    /// <param name="act">Gets views of the same slice of each; tensors that it creates are disposed of.</param>
    public static void ForEach(Tensor[] tensors, Action<Tensor[]> act) => ForEach(tensors, (slices, _) => act(slices));

    /// <param name="tensors">Contiguous.</param>
    /// <param name="act">Gets views of the same slice of each, and where the slice starts: at a multiple of 65,536.</param>
    public static void ForEach(Tensor[] tensors, Action<Tensor[], long> act)
    {
        using var scope = NewDisposeScope();
        var flat = tensors.Select(t => t.view(-1)).ToArray();
        var most = tensors[0].device.type == DeviceType.CPU ? Numbers : NumbersOnDevice;
        for (var start = 0L; start < flat[0].shape[0]; start += most)
        {
            using var slice = NewDisposeScope();
            var length = Math.Min(most, flat[0].shape[0] - start);
            act([.. flat.Select(t => t.narrow(0, start, length))], start);
        }
    }
}
