using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>Creates, lists and revokes keys directly in the database, <c>--role keys create --name NAME --scope admin</c>: for the first
/// key, or if all keys are lost. Only the key goes to standard output.</summary>
internal static class KeysRole
{
    private static readonly string[] Options = ["role", "name", "scope", "expires", "requests-per-minute", "max-body", "json"];

    /// <returns>The exit code.</returns>
    /// <exception cref="StartupException">An option is unknown, or the database cannot be used.</exception>
    public static async Task<int> RunAsync(string[] args)
    {
        CheckOptions(args);
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        // Standard output is for the key only.
        builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSparStorage(Settings.ReadConnectionString(builder.Configuration)).AddSparKeys(builder.Configuration);
        using var host = builder.Build();
        await Database.PrepareAsync(host.Services);
        return await new KeyCommands(host.Services, Console.Out, Console.Error)
            .RunAsync(WordsOf(args), builder.Configuration, CancellationToken.None);
    }

    /// <summary>The words between the role and the first option.</summary>
    private static List<string> WordsOf(string[] args)
    {
        var role = Array.FindIndex(args, arg => arg.StartsWith("--role", StringComparison.OrdinalIgnoreCase));
        var after = args[role].Contains('=', StringComparison.Ordinal) ? role + 1 : role + 2;
        return [.. args.Skip(after).TakeWhile(arg => !arg.StartsWith('-'))];
    }

    /// <summary>Refuses unknown options: a misspelt limit would create a key without it.</summary>
    /// <exception cref="StartupException">An option is neither one of the role's nor a setting.</exception>
    private static void CheckOptions(string[] args)
    {
        var names = args.Where(arg => arg.StartsWith("--", StringComparison.Ordinal)).Select(arg => arg[2..].Split('=')[0]);
        if (names.FirstOrDefault(name => !name.Contains(':', StringComparison.Ordinal) && !Options.Contains(name)) is { } unknown)
            throw new StartupException($"Unknown option --{unknown} for --role keys; use --{string.Join(", --", Options.Skip(1))}.");
    }
}
