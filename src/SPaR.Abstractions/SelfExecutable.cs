namespace SPaR.Abstractions;

/// <summary>How this very program is started again, for what is to have a process of its own.</summary>
public static class SelfExecutable
{
    /// <param name="role">What it is started as.</param>
    /// <param name="setting">The setting that names another program instead.</param>
    /// <returns>The program and its first arguments.</returns>
    public static IReadOnlyList<string> InRole(string role, string setting)
    {
        var program = Environment.ProcessPath
            ?? throw new InvalidOperationException($"The path of this program is not known; set {setting} to the host's.");
        // Started as "dotnet SPaR.Host.dll", the program is dotnet.
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll")]
            : [program];
        return [.. host, "--role", role];
    }
}
