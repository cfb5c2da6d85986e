namespace SPaR.Cli.Postgres;

/// <summary>How the private cluster runs.</summary>
internal sealed record PostgresOptions
{
    /// <summary>Nothing is synced to disk: fast; a killed server loses nothing, a power cut all. For tests only.</summary>
    public bool FastUnsafe { get; init; }

    /// <summary>How many connections the server takes; PostgreSQL's default, 100, when null.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>How long the server may take until it accepts connections, crash recovery included.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Where else to look for the server's programs: each is a folder of PostgreSQL versions. PATH is always searched when
    /// null.</summary>
    public IReadOnlyList<string>? BinaryFolders { get; init; }
}

/// <summary>The private PostgreSQL cannot run. The message says why and what to do.</summary>
internal sealed class PostgresUnavailableException(string message) : Exception(message);
