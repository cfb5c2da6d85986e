using System.Runtime.InteropServices;

namespace SPaR.Torch.Native;

/// <summary>A step makes and frees hundreds of megabytes. glibc would give them back to the system each time, and the system would clear
/// every page again. For a process that only trains.</summary>
internal static class FreedMemory
{
    /// <summary>Tells glibc, which libtorch needs, to keep freed memory for the rest of the process.</summary>
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
