using System.Runtime.InteropServices;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace SPaR.Benchmarks.Training;

internal static partial class TrainingArms
{
    static partial void AddBindingCost(Dictionary<string, double> figures, Action step) =>
        figures["binding_overhead"] = BindingCost.Of(step) / figures["step_seconds"];
}

/// <summary>What the binding adds to torch's own time: the difference between a call through it (a managed tensor, its handle, its place
/// in a scope) and the same call of the shim on bare pointers, for each tensor that a step makes.</summary>
internal static class BindingCost
{
    private const int Calls = 1000;

    /// <returns>Seconds of one step that are the binding's.</returns>
    public static double Of(Action step)
    {
        var before = TensorHandle.Made;
        step();
        return (TensorHandle.Made - before) * PerTensor();
    }

    private static double PerTensor()
    {
        NativeLibrary.SetDllImportResolver(typeof(BindingCost).Assembly, (_, _, _) => LibraryLoader.Handle);
        using var frozen = no_grad();
        using var tensor = ones([4]);
        var pointer = tensor.Handle.DangerousGetHandle();
        var one = Number.Of(1);
        var best = Rounds.Best(
            200,
            () =>
            {
                using var scope = NewDisposeScope();
                for (var i = 0; i < Calls; i++)
                    tensor.add(tensor);
            },
            () =>
            {
                for (var i = 0; i < Calls; i++)
                    st_free(st_add(pointer, pointer, one));
            });
        return (best[0] - best[1]) / Calls;
    }

    [DllImport("spartorch")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint st_add(nint a, nint b, Number alpha);

    [DllImport("spartorch")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void st_free(nint tensor);
}
