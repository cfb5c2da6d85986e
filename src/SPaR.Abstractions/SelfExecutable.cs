namespace SPaR.Abstractions;

/// <summary>How to start this program again, for work that needs a process of its own.</summary>
public static class SelfExecutable
{
    /// <param name="role">The role of the new process.</param>
    /// <param name="setting">The setting that can name another program, for the error message.</param>
    /// <returns>The program and its first arguments.</returns>
    public static IReadOnlyList<string> InRole(string role, string setting)
    {
        var program = Environment.ProcessPath
            ?? throw new InvalidOperationException($"The path of this program is unknown; set {setting} to the path of the host.");
        // Started as "dotnet SPaR.Host.dll", the program is dotnet.
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll")]
            : [program];
        return [.. host, "--role", role];
    }
}
