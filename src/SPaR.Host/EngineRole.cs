using System.Runtime.InteropServices;
using SPaR.Llama.Processes;

namespace SPaR.Host;

/// <summary>The process of one model, <c>--role engine</c>: a worker starts it and talks to it over its standard input and output. No
/// database, no HTTP. Ends when its input does, and so with the worker.</summary>
internal static class EngineRole
{
    public static async Task<int> RunAsync()
    {
        // A signal to the terminal's whole group is for the worker to heed, which needs its models until it has stopped.
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        await using var output = Console.OpenStandardOutput();
        Console.SetOut(Console.Error);
        using var logging = LoggerFactory.Create(l => l.AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
        using var metrics = Telemetry.ProviderIfAsked(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        await EngineServer.RunAsync(Console.OpenStandardInput(), output, logging);
        return 0;
    }
}
