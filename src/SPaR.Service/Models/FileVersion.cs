using System.Runtime.InteropServices;

namespace SPaR.Service.Models;

/// <summary>Tells whether a file is still the same without reading it: a replaced file has another inode, and whoever writes to a file
/// changes the time of its last change, which no user can set back.</summary>
internal readonly record struct FileVersion(ulong Inode, ulong Bytes, long ChangedSeconds, uint ChangedNanoseconds)
{
    // statx(2) on Linux.
    private const int CurrentFolder = -100;
    private const uint InodeSizeAndTimes = 0x7ff;

    /// <exception cref="FileNotFoundException">There is no file.</exception>
    public static FileVersion Of(string path) => Statx(CurrentFolder, path, 0, InodeSizeAndTimes, out var found) == 0
        ? new(found.Inode, found.Bytes, found.ChangedSeconds, found.ChangedNanoseconds)
        : throw new FileNotFoundException($"There is no file {path}.", path);

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(
        int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint wanted, out Status found);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Bytes;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;
    }
}
