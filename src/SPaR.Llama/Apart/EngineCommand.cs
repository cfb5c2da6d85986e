namespace SPaR.Llama.Apart;

/// <summary>What starts the process of a model.</summary>
internal static class EngineCommand
{
    /// <returns>The program and its arguments: this very program in another role, unless the settings name one.</returns>
    public static IReadOnlyList<string> Of(LlamaOptions options)
    {
        if (options.Command.Count > 0)
            return [.. options.Command];
        var program = Environment.ProcessPath
            ?? throw new InvalidOperationException("The path of this program is not known; set Llama:Command to the host's.");
        // Started as "dotnet SPaR.Host.dll", the program is dotnet.
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll")]
            : [program];
        return [.. host, "--role", "engine"];
    }
}
