using SPaR.Keys;
using SPaR.Storage;

namespace SPaR.Host;

/// <summary>Makes, lists and revokes keys on the database itself, <c>--role keys create --name NAME --scope admin</c>: how the first key is
/// made, and the last resort of whoever owns the machine. The key alone goes to standard output.</summary>
internal static class KeysRole
{
    private const string Name = "keys";

    /// <returns>What the process is to end with.</returns>
    /// <exception cref="StartupException">The database cannot be used.</exception>
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        // Standard output belongs to the key.
        builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSparStorage(Settings.ReadConnectionString(builder.Configuration)).AddSparKeys(builder.Configuration);
        using var host = builder.Build();
        await Database.PrepareAsync(host.Services);
        return await new KeyCommands(host.Services, Console.Out, Console.Error)
            .RunAsync(WordsOf(args), builder.Configuration, CancellationToken.None);
    }

    /// <summary>What follows the role and is no option.</summary>
    private static List<string> WordsOf(string[] args)
    {
        var role = Array.FindIndex(args, arg => string.Equals(arg, Name, StringComparison.OrdinalIgnoreCase)
            || string.Equals(arg, $"--role={Name}", StringComparison.OrdinalIgnoreCase));
        return [.. args.Skip(role + 1).TakeWhile(arg => !arg.StartsWith('-'))];
    }
}
