using System.Runtime.InteropServices;

namespace SPaR.Abstractions;

/// <summary>How to start this program again, for work that needs a process of its own.</summary>
public static class SelfExecutable
{
    private const string Host = "SPaR.Host";

    /// <param name="role">The role of the new process.</param>
    /// <returns>The program and its first arguments.</returns>
    public static IReadOnlyList<string> InRole(string role)
    {
        // Started as "dotnet SPaR.Host.dll" the program is dotnet, and in a test it is the test's. Then this runtime's own dotnet starts
        // the host; the runtime is in shared/Microsoft.NETCore.App/VERSION beside it.
        string[] host = Environment.ProcessPath is { } program && Path.GetFileName(program) == Host
            ? [program]
            :
            [
                Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")),
                Path.Combine(AppContext.BaseDirectory, Host + ".dll"),
            ];
        return [.. host, "--role", role];
    }
}
