using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SPaR.Llama.Models;
using SPaR.Llama.Processes;

namespace SPaR.Integration.Tests.Llama.Processes;

internal static class ProcessEngines
{
    /// <summary>The collection of tests that start engine processes: some count them.</summary>
    public const string OneAtATime = "engine processes";

    /// <param name="command">Starts a process; the real host by default.</param>
    public static ProcessEngine Create(IReadOnlyList<string>? command = null, long? memory = null, int? cells = null)
    {
        var options = new LlamaOptions { Threads = 1, Sequences = 8, BatchTokens = 64, MemoryBytes = memory, Cells = cells };
        foreach (var part in command ?? Host)
            options.Command.Add(part);
        return new(Options.Create(options), NullLogger<ProcessEngine>.Instance);
    }

    public static IReadOnlyList<string> Host { get; } =
        ["dotnet", Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "engine"];
}
