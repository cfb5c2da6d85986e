using System.Runtime.InteropServices;

namespace SPaR.Torch;

/// <summary>Files that stand under their name whole or not at all, also after the power has failed. Knows nothing of what is in
/// them.</summary>
internal static class DurableFile
{
    private const int InvalidArgument = 22;

    /// <summary>Writes beside the file's place, brings the bytes to disk, gives them the name and brings the name to disk. Whatever
    /// goes wrong, what had the name before has it still, and nothing is left beside it.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var beside = path + ".writing";
        try
        {
            using (var stream = File.Create(beside))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            if (File.Exists(beside))
                File.Delete(beside);
            throw;
        }
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Brings what was written to a file, by whomever, to disk.</summary>
    public static void Flush(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Brings the names in a folder to disk: a file is not found again by its bytes alone. .NET opens no folders; Windows
    /// keeps a journal of names by itself.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(folder, 0);
        if (descriptor < 0)
            throw Failed(folder);
        try
        {
            // Some network file systems know no flushing of folders and refuse the argument: they keep names on the server.
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
                throw Failed(folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failed(string folder) => new(
        $"The folder {folder} could not be brought to disk: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

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
