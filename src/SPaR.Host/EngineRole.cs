using System.Runtime.InteropServices;
using SPaR.Llama.Processes;

namespace SPaR.Host;

/// <summary>The process of one model, <c>--role engine</c>. A worker starts it and talks to it over standard input and output. No database,
/// no HTTP. It ends when its input closes, and so with the worker.</summary>
internal static class EngineRole
{
    public static async Task<int> RunAsync()
    {
        // Ctrl-C reaches the whole process group. Only the worker reacts to it: it needs its models until it has stopped.
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        await using var output = ReplyPipe.Take();
        using var logging = LoggerFactory.Create(l => l.AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
        using var metrics = Telemetry.ProviderIfEnabled(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        await EngineServer.RunAsync(Console.OpenStandardInput(), output, logging);
        return 0;
    }
}
