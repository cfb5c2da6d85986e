using System.Runtime.InteropServices;

namespace SPaR.Torch.Native;

/// <summary>A training step allocates and frees hundreds of megabytes. By default glibc returns all of it to the system each time, and the
/// system clears every page again. Only for a process that does nothing but train.</summary>
internal static class FreedMemory
{
    /// <summary>Larger tensors are returned to the system. Kept, they would fit the next tensor only by chance, and the process would take
    /// up to twice what its tensors take. Clearing their pages costs time, the more the narrower the model.</summary>
    private const int KeptBytes = 4 << 20;

    /// <summary>Makes glibc, which libtorch allocates with, keep the memory of small and middling tensors for the rest of the
    /// process.</summary>
    public static void Keep()
    {
        const int TrimThreshold = -1, TopPad = -2, MapThreshold = -3, ArenaMax = -8;
        _ = SetOption(MapThreshold, KeptBytes);
        _ = SetOption(TrimThreshold, int.MaxValue);
        _ = SetOption(TopPad, 1 << 26);
        _ = SetOption(ArenaMax, 1);
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetOption(int option, int value);
}
