using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SPaR.Llama.Processes;

/// <summary>The engine process's pipe for replies: its standard output, taken away from everyone else. Native code prints there too, and
/// its words would be read as replies.</summary>
public static class ReplyPipe
{
    private const int StandardOutput = 1, StandardError = 2;

    /// <summary>Moves standard output to a stream of its own; from then on, what is printed there goes to standard error. Call this before
    /// any native library is loaded.</summary>
    public static Stream Take()
    {
        var pipe = new SafeFileHandle(Duplicate(StandardOutput), ownsHandle: true);
        if (pipe.IsInvalid || DuplicateTo(StandardError, StandardOutput) < 0)
            throw new IOException(
                $"Standard output cannot be moved: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}. Start the engine process "
                + "with standard output and standard error open.");
        return new FileStream(pipe, FileAccess.Write, bufferSize: 0);
    }

    [DllImport("libc", EntryPoint = "dup", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor);

    [DllImport("libc", EntryPoint = "dup2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int DuplicateTo(int descriptor, int target);
}
