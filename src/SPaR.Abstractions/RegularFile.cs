using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SPaR.Abstractions;

/// <summary>Opens files that users put into a folder. Opening a FIFO waits for a writer, and a device has no end: neither may stop who
/// reads the folder.</summary>
public static class RegularFile
{
    // open(2), statx(2), errno(3) on Linux.
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000, EmptyPath = 0x1000, WantsType = 1, TypeMask = 0xF000, Regular = 0x8000;

    private const int NoEntry = 2, NoDevice = 6, NoAccess = 13, NotADirectory = 20;

    /// <summary>Opens a file to read it, without waiting. Checks the opened file, so it cannot be replaced in between.</summary>
    /// <exception cref="ModelRejectedException"><c>not-a-regular-file</c>.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
    /// <exception cref="IOException">It cannot be opened for another reason.</exception>
    public static FileStream OpenRead(string path)
    {
        var file = Open(path, NonBlocking | CloseOnExec);
        if (file.IsInvalid)
            throw Failed(path, Marshal.GetLastPInvokeError());
        try
        {
            if (Statx(file, "", EmptyPath, WantsType, out var status) != 0)
                throw Failed(path, Marshal.GetLastPInvokeError());
            if ((status.Mode & TypeMask) != Regular)
                throw NotRegular(path);
            return new FileStream(file, FileAccess.Read, bufferSize: 1 << 16, isAsync: false);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Exception Failed(string path, int error) => error switch
    {
        NoEntry or NotADirectory => new FileNotFoundException($"There is no file {path}.", path),
        NoAccess => new UnauthorizedAccessException($"Access to {path} is denied."),
        // A socket, or a device without a driver.
        NoDevice => NotRegular(path),
        _ => new IOException($"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}."),
    };

    private static ModelRejectedException NotRegular(string path) => new(
        "not-a-regular-file", $"{path}: is a directory, a pipe or a device. Put a regular file there.");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(
        SafeFileHandle file, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint wanted, out Status status);

    /// <summary>The field of <c>struct statx</c> that has the file's type.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(28)]
        public ushort Mode;
    }
}
