using System.Runtime.InteropServices;

namespace SPaR.Abstractions;

/// <summary>Writes files that exist completely or not at all, even after a power failure. Does not know what is in them.</summary>
public static class DurableFile
{
    private const int InvalidArgument = 22;

    /// <summary>Writes to a temporary file, flushes it to disk, renames it and flushes the folder. If anything fails, the previous file
    /// is unchanged and the temporary one is gone.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = path + ".writing";
        try
        {
            using (var stream = File.Create(temporary))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
            throw;
        }
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Flushes to disk what any process has written to a file.</summary>
    public static void Flush(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Flushes the names in a folder to disk: without its name, a flushed file would be lost. Calls libc, as .NET cannot open
    /// folders; Windows journals names by itself.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(folder, 0);
        if (descriptor < 0)
            throw Failed(folder);
        try
        {
            // Some network file systems cannot flush folders and reject the argument; they keep names on the server.
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
                throw Failed(folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failed(string folder) => new(
        $"Flushing the folder {folder} to disk failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}. "
        + "Check the disk, then resume.");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
