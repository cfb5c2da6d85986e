using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SPaR.Llama;
using SPaR.Llama.Apart;

namespace SPaR.Integration.Tests.Llama.Apart;

internal static class ApartEngines
{
    /// <summary>The collection of the tests that start such processes: some of them count them.</summary>
    public const string OneAtATime = "processes of models";

    /// <param name="command">What starts a process; the real host by default.</param>
    public static ApartEngine Create(IReadOnlyList<string>? command = null, long? memory = null)
    {
        var options = new LlamaOptions { Threads = 1, Sequences = 8, BatchTokens = 64, MemoryBytes = memory, Process = ModelProcess.Own };
        foreach (var part in command ?? Host)
            options.Command.Add(part);
        return new(Options.Create(options), NullLogger<ApartEngine>.Instance);
    }

    public static IReadOnlyList<string> Host { get; } =
        ["dotnet", Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "engine"];
}
