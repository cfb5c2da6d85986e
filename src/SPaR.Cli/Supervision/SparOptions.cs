using System.Text.Json;
using SPaR.Cli.Postgres;

namespace SPaR.Cli.Supervision;

/// <summary>Where SPaR runs: folders, addresses, database, key.</summary>
internal sealed record SparOptions
{
    /// <summary>Holds everything that SPaR stores on this machine: <c>postgres</c>, <c>models</c>, <c>logs</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>The program that takes <c>--role api</c> and <c>--role worker</c>, with its first arguments.</summary>
    public required IReadOnlyList<string> Host { get; init; }

    /// <summary>Where the API listens. If the port is taken, another is used; 0 is any port.</summary>
    public string Url { get; init; } = "http://127.0.0.1:8765";

    /// <summary>The user's own PostgreSQL; null for a private one in <see cref="Folder"/>.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The models folder; null for <c>models</c> in <see cref="Folder"/>.</summary>
    public string? ModelsFolder { get; init; }

    /// <summary>Exists while SPaR runs, and holds its address.</summary>
    public string UrlFile => Path.Combine(Folder, "url");

    /// <summary>The address of this folder's SPaR, running or not.</summary>
    public string RunningUrl => File.Exists(UrlFile) ? File.ReadAllText(UrlFile) : Url;

    /// <summary>The admin key of this folder's service, which creates it at its start; readable by its owner only.</summary>
    public string KeyFile => Path.Combine(Folder, "key");

    /// <summary>A key to send instead of the stored one; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>Whether the service requires no key.</summary>
    public bool Open { get; init; }

    public PostgresOptions Postgres { get; init; } = new();

    /// <summary>Also receives every log line of the service; null for log files only.</summary>
    public Action<string>? Echo { get; init; }

    /// <summary>The time until the API must be ready.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The time for a process to stop by itself before it is killed.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The delay before a dead process is restarted; doubles with every early death, up to half a minute.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The options of the clone that this program was built in. Environment variables (<c>ConnectionStrings__Spar</c>,
    /// <c>Urls</c>, <c>Models__Folder</c>) override its <c>appsettings.json</c>.</summary>
    /// <exception cref="SupervisionException">This is not a clone.</exception>
    public static SparOptions OfThisClone() => IfInClone() ?? throw new SupervisionException(
        "This command runs programs of the service, which are not part of the installed tool. Clone the repository and use ./spar there; "
        + "commands that use a running service work here, with its address in --url or SPAR_URL.");

    /// <returns>Null in an installed tool.</returns>
    public static SparOptions? IfInClone()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = output;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "SPaR.sln")))
            root = root.Parent;
        if (root is null)
            return null;

        // The host of the same build: the path after bin names configuration and framework.
        var build = output.FullName[(output.FullName.LastIndexOf("/bin/", StringComparison.Ordinal) + 1)..];
        var host = Path.Combine(root.FullName, "src", "SPaR.Host", build, "SPaR.Host.dll");
        var settings = Path.Combine(root.FullName, "appsettings.json");
        var options = new SparOptions
        {
            Folder = Path.Combine(root.FullName, ".spar"),
            Host = ["dotnet", host],
            ConnectionString = Read(settings, "ConnectionStrings:Spar"),
            Key = ServiceKey.OfEnvironment(),
            ModelsFolder = Read(settings, "Models:Folder") is { } folder ? Path.GetFullPath(folder, root.FullName) : null,
        };
        return Read(settings, "Urls") is { } url ? options with { Url = url } : options;
    }

    private static string? Read(string settings, string key)
    {
        if (Environment.GetEnvironmentVariable(key.Replace(":", "__", StringComparison.Ordinal)) is { Length: > 0 } value)
            return value;
        if (!File.Exists(settings))
            return null;
        var reading = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        using var document = JsonDocument.Parse(File.ReadAllText(settings), reading);
        var element = document.RootElement;
        foreach (var name in key.Split(':'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                return null;
        }

        return element.GetString() is { Length: > 0 } text ? text : null;
    }
}

/// <summary>SPaR cannot start or keep running. The message says why and what to do.</summary>
internal sealed class SupervisionException(string message) : Exception(message);
