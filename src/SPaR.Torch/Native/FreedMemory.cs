using System.Runtime.InteropServices;

namespace SPaR.Torch.Native;

/// <summary>A training step allocates and frees hundreds of megabytes. By default glibc returns them to the system each time, and the
/// system clears every page again. Only for a process that does nothing but train.</summary>
internal static class FreedMemory
{
    /// <summary>Makes glibc, which libtorch allocates with, keep freed memory for the rest of the process.</summary>
    public static void Keep()
    {
        const int TrimThreshold = -1, TopPad = -2, MapMax = -4, ArenaMax = -8;
        _ = SetOption(MapMax, 0);
        _ = SetOption(TrimThreshold, int.MaxValue);
        _ = SetOption(TopPad, 1 << 26);
        _ = SetOption(ArenaMax, 1);
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetOption(int option, int value);
}
