using SPaR.Abstractions;

namespace SPaR.Training;

/// <summary>What starts a training process.</summary>
internal static class TrainerCommand
{
    private static readonly string[] Marks = ["libtorch", "libspar_torch", "SPaR.TorchBinding", "DllNotFoundException", "c10.so"];

    /// <summary>The command, to which the folder is added: this very program in another role, unless the settings name one.</summary>
    public static IReadOnlyList<string> Of(TrainerOptions options) => options.Command.Count > 0
        ? [.. options.Command]
        : [.. ThisProgram.InRole("trainer", "Training:Command"), "--device", options.Device, "--folder"];

    /// <summary>Whether a process ended because the native libraries of training do not load.</summary>
    public static bool LacksLibtorch(string output) =>
        Marks.Any(mark => output.Contains(mark, StringComparison.Ordinal))
        && (output.Contains("cannot open shared object", StringComparison.Ordinal)
            || output.Contains("DllNotFoundException", StringComparison.Ordinal)
            || output.Contains("setup", StringComparison.Ordinal));
}
